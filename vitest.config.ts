import { defineConfig } from 'vitest/config';
import { adapterEnv } from './tools/vitest-preset/adapter-env.ts';
import { wgslPlugin } from './tools/vitest-preset/wgsl-plugin.ts';

// Before the test processes start: LD_LIBRARY_PATH set inside one of them has no effect.
Object.assign(process.env, adapterEnv());

// Tests run on source, without a build: `@vulpes/x` and `#platform` resolve to src.
const conditions = ['@vulpes/source', 'node'];

// FOX_SLOW=1 runs the tests that take minutes, and only them.
const isSlow = process.env.FOX_SLOW === '1';

export default defineConfig({
  plugins: [wgslPlugin()],
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: isSlow ? ['**/*.slow.test.ts'] : ['**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**', ...(isSlow ? [] : ['**/*.slow.test.ts'])],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
