import { defineConfig } from 'tsup';
import { packageBuild } from '../../tools/tsup-preset/index.ts';

export default defineConfig(
  packageBuild(
    {
      index: 'src/index.ts',
      'testing/index': 'src/testing/index.ts',
      'testing/metrics': 'src/testing/metrics.ts',
      'platform/node': 'src/platform/node.ts',
      'platform/browser': 'src/platform/browser.ts',
    },
    {
      // `#platform` stays an import: the consumer's resolver picks Node's or the browser's file.
      external: ['#platform', '@vulpes/software-adapter'],
    },
  ),
);
