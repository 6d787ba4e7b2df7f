import { defineConfig } from 'tsup';
import { packageBuild } from '../../tools/tsup-preset/index.ts';

export default defineConfig(
  packageBuild({ index: 'src/index.ts', 'node/index': 'src/node/index.ts' }),
);
