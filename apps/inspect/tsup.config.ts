import { defineConfig } from 'tsup';
import { appBuild } from '../../tools/tsup-preset/index.ts';

export default defineConfig(appBuild({ main: 'src/main.ts' }));
