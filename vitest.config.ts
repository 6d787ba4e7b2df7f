import { defineConfig } from 'vitest/config';
import { adapterEnv } from './tools/vitest-preset/adapter-env.ts';
import { wgslPlugin } from './tools/vitest-preset/wgsl-plugin.ts';

// Before the test processes start: LD_LIBRARY_PATH set inside one of them has no effect.
Object.assign(process.env, adapterEnv());

// Tests run on source, without a build: `@vulpes/x` and `#platform` resolve to src.
const conditions = ['@vulpes/source', 'node'];

// FOX_SLOW=1 runs the tests that take minutes, and only them.
const isSlow = process.env.FOX_SLOW === '1';
const tests = isSlow ? '*.slow.test.ts' : '*.test.ts';
const exclude = ['**/node_modules/**', '**/dist/**', ...(isSlow ? [] : ['**/*.slow.test.ts'])];

/** Their test files share a process, and with it a device: to compile their kernels takes longer than to run them. */
const withSharedDevice = ['packages/lm-models/**', 'packages/training/**'];

/** Options are written out for each project: with `extends`, `--maxWorkers` on the command line would have no effect. */
const project = (
  name: string,
  options: { include: string[]; exclude: string[]; isolate: boolean },
) => ({
  plugins: [wgslPlugin()],
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    name,
    pool: 'forks' as const,
    testTimeout: 180_000,
    hookTimeout: 180_000,
    ...options,
  },
});

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      project('shared device', {
        include: withSharedDevice.map((folder) => `${folder}/${tests}`),
        exclude,
        isolate: false,
      }),
      project('isolated', {
        include: [`**/${tests}`],
        exclude: [...exclude, ...withSharedDevice],
        isolate: true,
      }),
    ],
  },
});
