import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { prepareComparisons } from '../comparisons/prepare.mjs';
import { root } from '../setup/paths.mjs';
import { StepError } from '../setup/report.mjs';
import { setUp } from '../setup/setup.mjs';
import { toolCommand } from '../setup/tool-commands.mjs';
import { countsIn, FAILED, PASSED, withExitCode } from './counts.mjs';
import { testOnMatrixAdapter } from './matrix.mjs';
import { countAsOne, runScript, vitest, withTempFolder } from './tools.mjs';

/** @typedef {import('./counts.mjs').Counts} Counts */
/**
 * Neighbours with the same word in `beside` run at the same time: a test run takes both cores, these leave one idle.
 * @typedef {{ name: string, description: string, isOptional?: boolean, beside?: string, run: () => Promise<Counts> }} Check
 */

/** So that the tests of tfjs and jax-js run; they are skipped where the two are not installed. */
const installLibraries = async () => {
  try {
    await prepareComparisons();
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    const skipped = 'vulpes: the tests of tfjs and jax-js are skipped (no network?).';
    console.log(`${error.message}\n${skipped}`);
  }
};

const test = async () => {
  await installLibraries();
  return vitest();
};

/** The checks below work on what is built. */
const build = async () => {
  await setUp();
  return PASSED;
};

/** @param {...string} args */
const verifyOne = async (...args) => {
  const { code, output } = await runScript('apps/verify/dist/main.js', ...args);
  return withExitCode(countsIn(output), code);
};

const verify = async () => {
  await setUp();
  const golden = join(root, '..', 'shared', 'golden');
  // The carried vectors are a small part of these.
  return existsSync(golden) ? verifyOne(golden) : verifyOne();
};

/** Trains for a few steps; the last line has to be the held-out loss. */
const train = async () => {
  await setUp();
  return withTempFolder(async (folder) => {
    const args = ['train', '--preset', 'smoke', '--out', join(folder, 'run')];
    const { code, output } = await runScript('apps/trainer/dist/main.js', ...args);
    const last = output.trimEnd().split('\n').at(-1) ?? '';
    return code === 0 && /^held-out loss \d+\.\d+ nats per byte$/.test(last) ? PASSED : FAILED;
  });
};

const packCheck = async () => {
  await setUp();
  const { code, output } = await runScript('tools/pack-check.mjs');
  return withExitCode(countsIn(output), code);
};

/** @param {string} name */
const toOp = (name) => `packages/wgsl-kernels/src/ops/${name}/`;

/**
 * Parts of paths: files named so, and folders whose suites have f16, subgroup or matrix variants.
 * Every kernel suite takes many minutes there. The norms' have most cases; models in mixed precision hold their f16 variants here.
 */
const MATRIX_SUITES = [
  'half.test.ts',
  'matrix.test.ts',
  'packages/wgsl-kernels/src/ops/linear/',
  'packages/wgsl-kernels/src/ops/matmul/few-rows.test',
  'packages/wgsl-kernels/src/ops/adamw/',
  ...['elementwise', 'embedding', 'log-sigmoid', 'output-gate', 'rope'].map(toOp),
  ...['swiglu', 'token-shift'].map(toOp),
  'packages/tensor-core/src/variants/',
];
const ALL_MATRIX_SUITES = ['tensor-core', 'wgsl-kernels', 'acp-scheduler', 'fox-attention'].map(
  (name) => `packages/${name}/`,
);

/** @type {readonly Check[]} in the order in which they run */
export const checks = [
  {
    name: 'format',
    description: 'files are formatted, imports sorted',
    beside: 'source',
    run: () => countAsOne('format', toolCommand('biome', 'check', '--linter-enabled=false', '.')),
  },
  {
    name: 'lint',
    description: 'no suspicious code',
    beside: 'source',
    run: () => countAsOne('lint', toolCommand('biome', 'lint', '--error-on-warnings', '.')),
  },
  {
    name: 'layers',
    description: 'packages import only what tools/layers.json allows',
    beside: 'source',
    run: () => countAsOne('layers', [process.execPath, join(root, 'tools', 'check-layers.mjs')]),
  },
  {
    name: 'type-check',
    description: 'types of everything, tests and tools too',
    beside: 'source',
    run: () => countAsOne('type-check', toolCommand('tsc', '-p', '.')),
  },
  { name: 'build', description: 'packages and apps build', run: build },
  { name: 'test', description: 'unit and kernel tests on source', run: test },
  {
    name: 'test:matrix',
    description: 'kernel tests on an adapter with subgroup matrices',
    run: () => testOnMatrixAdapter(MATRIX_SUITES),
  },
  {
    name: 'test:matrix-all',
    description: 'all kernel suites on that adapter, many minutes long',
    isOptional: true,
    run: () => testOnMatrixAdapter(ALL_MATRIX_SUITES),
  },
  {
    name: 'test:slow',
    description: 'tests in *.slow.test.ts, minutes long',
    isOptional: true,
    run: () => vitest({ env: { FOX_SLOW: '1' } }),
  },
  {
    name: 'test:faults',
    description: 'kills, full disks, damaged files, races: *.faults.test.ts, many minutes long',
    isOptional: true,
    run: () => vitest({ env: { FOX_FAULTS: '1' } }),
  },
  {
    name: 'verify',
    description: 'reference vectors: those of ../shared/golden, or else the carried ones',
    beside: 'build',
    run: verify,
  },
  {
    name: 'train',
    description: 'a short training run from end to end',
    beside: 'build',
    run: train,
  },
  {
    name: 'pack-check',
    description: 'packed tarballs: publint, import, types',
    beside: 'build',
    run: packCheck,
  },
];
