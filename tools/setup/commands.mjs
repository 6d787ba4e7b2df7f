import { join } from 'node:path';
import { runApp } from './app.mjs';
import { Interrupted } from './child.mjs';
import { root } from './paths.mjs';
import { StepError } from './report.mjs';
import { setUp } from './setup.mjs';

/** @typedef {(args: readonly string[]) => Promise<number | void>} Command */

/** @param {string} name @param {...string} first @returns {Command} */
const app =
  (name, ...first) =>
  async (args) => {
    await setUp();
    return runApp(join(root, 'apps', name, 'dist', 'main.js'), [...first, ...args]);
  };

/** @type {Command} */
const check = async (args) => {
  await setUp({ needsBuild: false });
  const { runChecks } = await import('../test/run-checks.mjs');
  return runChecks(args);
};

/** @type {Command} */
const portable = async () => {
  await setUp();
  const { makePortable } = await import('../portable/portable.mjs');
  const { folder, archive, bytes, parts } = await makePortable();
  const mib = (/** @type {number} */ size) => `${(size / 2 ** 20).toFixed(1)} MiB`;
  console.log(`Folder   ${folder}`);
  for (const part of parts) console.log(`  ${part.name.padEnd(14)} ${mib(part.bytes).padStart(9)}`);
  console.log(`Archive  ${archive} (${mib(bytes)})`);
  return 0;
};

/** @type {Record<string, Command>} */
const commands = {
  start: app('trainer', 'train'),
  trainer: app('trainer'),
  bench: app('bench'),
  doctor: app('doctor'),
  inspect: app('inspect'),
  verify: app('verify'),
  portable,
  test: check,
  check,
};

/** @param {readonly string[]} argv command and its arguments @returns {Promise<number | void>} exit code, where nothing else sets it */
export const main = async ([name = '', ...args]) => {
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) {
    console.error(`vulpes: expected one of ${Object.keys(commands).join(', ')}, got '${name}'`);
    return 2;
  }
  try {
    return await command(args);
  } catch (error) {
    if (error instanceof Interrupted) return error.exitCode;
    if (!(error instanceof StepError)) throw error;
    console.error(error.message);
    return 1;
  }
};
