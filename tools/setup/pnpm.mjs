import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runTool } from './child.mjs';
import { root } from './paths.mjs';
import { shim } from './tool-commands.mjs';

/** Variables for the tools that we start: no questions, no telemetry, no hints about updates. */
export const toolEnv = () => ({
  ...process.env,
  COREPACK_ENABLE_DOWNLOAD_PROMPT: '0',
  DO_NOT_TRACK: '1',
  TURBO_TELEMETRY_DISABLED: '1',
  TURBO_NO_UPDATE_NOTIFIER: '1',
  npm_config_update_notifier: 'false',
  npm_config_loglevel: 'error',
});

/** @typedef {import('./child.mjs').CommandLine} CommandLine */

/** @returns {Promise<CommandLine>} */
const findPnpm = async () => {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  /** @type {string} such as "pnpm@10.34.9" */
  const pinned = manifest.packageManager;
  const options = { cwd: root, env: toolEnv() };
  const own = await runTool(shim('pnpm', '--version'), options).catch(() => null); // none
  return own?.code === 0 && pinned === `pnpm@${own.output.trim()}`
    ? shim('pnpm')
    : shim('npx', '-y', pinned);
};

/** @type {Promise<CommandLine> | undefined} */
let found;

/**
 * The command line of our one version of pnpm: the user's own if it is that, else by npx, which
 * every npm has. Another version would not accept the lock file.
 * @param {...string} args @returns {Promise<CommandLine>}
 */
export const pnpm = async (...args) => {
  found ??= findPnpm();
  return [...(await found), ...args];
};
