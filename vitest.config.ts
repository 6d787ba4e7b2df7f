import { defineConfig } from 'vitest/config';
import { adapterEnv } from './tools/vitest-preset/adapter-env.ts';
import { wgslPlugin } from './tools/vitest-preset/wgsl-plugin.ts';

// Before the test processes start: LD_LIBRARY_PATH set inside one of them has no effect.
Object.assign(process.env, adapterEnv());

// Tests run on source, without a build: `@vulpes/x` and `#platform` resolve to src.
const conditions = ['@vulpes/source', 'node'];

// FOX_SLOW=1 runs the tests that take minutes, FOX_FAULTS=1 those under faults, and only them.
const apart = { slow: process.env.FOX_SLOW, faults: process.env.FOX_FAULTS };
const kinds = Object.keys(apart) as (keyof typeof apart)[];
const wanted = kinds.find((kind) => apart[kind] === '1');
const tests = wanted ? `*.${wanted}.test.ts` : '*.test.ts';
const others = kinds.filter((kind) => kind !== wanted).map((kind) => `**/*.${kind}.test.ts`);
const exclude = ['**/node_modules/**', '**/dist/**', ...others];

/**
 * Test files that change what belongs to a process (its variables, streams, clock, device), look at all that it has loaded, or start
 * processes of their own. All others share two processes, and with each a device: to compile their kernels takes longer than to run them.
 */
const alone = [
  'apps/bench/src/{bench,children,cli,options,run-baselines}',
  'apps/bench/src/compare/',
  'apps/doctor/**/',
  'apps/trainer/src/faults/',
  'apps/trainer/src/trainer',
  'packages/bench/src/timing/{time-variants,timer,warm-up}',
  'packages/cli-kit/**/',
  'packages/software-adapter/**/',
  'packages/tensor-core/src/failures',
  'packages/tensor-core/src/platform/',
  'tools/**/',
].map((start) => start + tests);

interface ProjectOptions {
  readonly include: string[];
  readonly exclude: string[];
  readonly isolate: boolean;
  /** One project after the other: a process is shared only while the next file in turn is of the same project. */
  readonly sequence: { readonly groupOrder: number };
}

/** Options are written out for each project: with `extends`, `--maxWorkers` on the command line would have no effect. */
const project = (name: string, options: ProjectOptions) => ({
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
      project('shared', {
        include: [`**/${tests}`],
        exclude: [...exclude, ...alone],
        isolate: false,
        sequence: { groupOrder: 0 },
      }),
      project('alone', {
        include: alone,
        exclude,
        isolate: true,
        sequence: { groupOrder: 1 },
      }),
    ],
  },
});
