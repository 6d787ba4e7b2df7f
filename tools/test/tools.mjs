// What checks are made of: tools that say yes or no, vitest, temporary folders.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runTool } from '../setup/child.mjs';
import { root } from '../setup/paths.mjs';
import { toolEnv } from '../setup/pnpm.mjs';
import { countOn } from '../setup/report.mjs';
import { toolCommand } from '../setup/tool-commands.mjs';
import { countsOfVitest, FAILED, PASSED, withExitCode } from './counts.mjs';

/** @typedef {import('./counts.mjs').Counts} Counts */
/** @typedef {import('../setup/child.mjs').CommandLine} CommandLine */

/** Lavapipe prints these for each device. */
const NOISE = /^Warning: maxDynamic\w+ artificially reduced .*\n?/gm;

/** @param {CommandLine} command @param {NodeJS.ProcessEnv} [env] variables to add */
const run = (command, env) =>
  runTool(command, {
    cwd: root,
    // A suite that finds no adapter must be red, not skipped.
    env: { ...toolEnv(), FOX_REQUIRE_GPU: '1', ...env },
    show: true,
    hide: NOISE,
  });

/** A script of this repository. @param {string} file @param {...string} args */
export const runScript = (file, ...args) => run([process.execPath, join(root, file), ...args]);

/**
 * A tool that passes or fails as a whole counts as one test.
 * @param {string} title @param {CommandLine} command @returns {Promise<Counts>}
 */
export const countAsOne = async (title, command) => {
  const { code } = await run(command).finally(countOn(title));
  return code === 0 ? PASSED : FAILED;
};

/** @template T @param {(folder: string) => Promise<T>} body @returns {Promise<T>} */
export const withTempFolder = async (body) => {
  const folder = mkdtempSync(join(tmpdir(), 'vulpes-'));
  try {
    return await body(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** @typedef {{ node?: string, env?: NodeJS.ProcessEnv, paths?: readonly string[] }} VitestOptions */

/**
 * @param {VitestOptions} options `node`: another Node than this one; `paths`: only these tests
 * @returns {Promise<Counts>}
 */
export const vitest = ({ node = process.execPath, env = {}, paths = [] } = {}) =>
  withTempFolder(async (folder) => {
    const report = join(folder, 'report.json');
    const progress = join(root, 'tools', 'test', 'vitest-reporter.mjs');
    const reporters = [`--reporter=${progress}`, '--reporter=json'];
    const args = ['run', ...reporters, `--outputFile.json=${report}`, ...paths];
    const [, ...command] = toolCommand('vitest', ...args);
    const { code } = await run([node, ...command], env);
    return withExitCode(countsOfVitest(report), code);
  });
