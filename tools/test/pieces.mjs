import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runTool } from '../setup/child.mjs';
import { root } from '../setup/paths.mjs';
import { toolEnv } from '../setup/pnpm.mjs';
import { StepError } from '../setup/report.mjs';
import { setUp } from '../setup/setup.mjs';
import { prepareYardsticks } from '../yardsticks/prepare.mjs';
import { countsIn, countsOfVitest, FAILED, PASSED, total, withExitCode } from './counts.mjs';

/** @typedef {import('./counts.mjs').Counts} Counts */
/** @typedef {{ name: string, does: string, isExtra?: boolean, run: () => Promise<Counts> }} Piece */

// A suite that finds no adapter must be red, not skipped.
const env = () => ({ ...toolEnv(), FOX_REQUIRE_GPU: '1' });

/** @param {string} file @param {...string} args */
const node = (file, ...args) =>
  runTool([process.execPath, join(root, file), ...args], { cwd: root, env: env(), show: true });

/**
 * A tool of the root package.
 * @param {string} name @param {readonly string[]} args @param {NodeJS.ProcessEnv} more
 */
const bin = (name, args, more = {}) =>
  runTool([join(root, 'node_modules', '.bin', name), ...args], {
    cwd: root,
    env: { ...env(), ...more },
    show: true,
  });

/**
 * A tool that says yes or no: one test.
 * @param {string} name @param {...string} args @returns {Promise<Counts>}
 */
const oneTest = async (name, ...args) => ((await bin(name, args)).code === 0 ? PASSED : FAILED);

/** @template T @param {(folder: string) => Promise<T>} body @returns {Promise<T>} */
const withTempFolder = async (body) => {
  const folder = mkdtempSync(join(tmpdir(), 'vulpes-'));
  try {
    return await body(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** @param {NodeJS.ProcessEnv} more */
const vitest = (more = {}) =>
  withTempFolder(async (folder) => {
    const report = join(folder, 'report.json');
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const { code } = await bin('vitest', ['run', ...reporters], more);
    return withExitCode(countsOfVitest(report), code);
  });

/** So that the tests of tfjs and jax-js run; they are skipped where the two are not installed. */
const preparePeers = async () => {
  try {
    await prepareYardsticks();
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    console.log(
      `${error.message}\nvulpes: the tests of tfjs and jax-js are skipped (no network?).`,
    );
  }
};

const test = async () => {
  await preparePeers();
  return vitest();
};

/** Every command below works on what is built. */
const build = async () => {
  await setUp('types');
  return PASSED;
};

/** @param {...string} args */
const verifyOne = async (...args) => {
  const { code, output } = await node('apps/verify/dist/main.js', ...args);
  return withExitCode(countsIn(output), code);
};

const verify = async () => {
  await setUp('types');
  const golden = join(root, '..', 'shared', 'golden');
  const results = [await verifyOne()];
  if (existsSync(golden)) results.push(await verifyOne(golden));
  return total(results);
};

/** Trains for a few steps; the last line has to be the held-out loss. */
const train = async () => {
  await setUp('types');
  return withTempFolder(async (folder) => {
    const args = ['train', '--preset', 'smoke', '--out', join(folder, 'run')];
    const { code, output } = await node('apps/trainer/dist/main.js', ...args);
    const last = output.trimEnd().split('\n').at(-1) ?? '';
    return code === 0 && /^held-out loss \d+\.\d+ nats per byte$/.test(last) ? PASSED : FAILED;
  });
};

const packCheck = async () => {
  await setUp('types');
  const { code, output } = await node('tools/pack-check.mjs');
  return withExitCode(countsIn(output), code);
};

/** @type {readonly Piece[]} in the order in which they run */
export const pieces = [
  {
    name: 'format',
    does: 'files are formatted, imports sorted',
    run: () => oneTest('biome', 'check', '--linter-enabled=false', '.'),
  },
  {
    name: 'lint',
    does: 'no suspicious code',
    run: () => oneTest('biome', 'lint', '--error-on-warnings', '.'),
  },
  {
    name: 'layers',
    does: 'packages import only what tools/layers.json allows',
    run: () => node('tools/check-layers.mjs').then(({ code }) => (code === 0 ? PASSED : FAILED)),
  },
  {
    name: 'type-check',
    does: 'everything type-checks, tests and tools too',
    run: () => oneTest('tsc', '-p', '.'),
  },
  { name: 'build', does: 'packages and apps build', run: build },
  { name: 'test', does: 'unit and kernel tests on source', run: test },
  {
    name: 'test:slow',
    does: 'tests in *.slow.test.ts, minutes long',
    isExtra: true,
    run: () => vitest({ FOX_SLOW: '1' }),
  },
  { name: 'verify', does: 'reference vectors: carried ones, and ../shared/golden', run: verify },
  { name: 'train', does: 'a short training run from end to end', run: train },
  { name: 'pack-check', does: 'packed tarballs: publint, import, types', run: packCheck },
];
