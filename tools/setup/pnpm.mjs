import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runTool } from './child.mjs';
import { root } from './paths.mjs';

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

/** "pnpm@10.34.9", from the root package.json. */
const pinned = () =>
  /** @type {string} */ (
    JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).packageManager
  );

/** @param {string} version */
const isOnPath = async (version) => {
  try {
    const { code, output } = await runTool(['pnpm', '--version'], { cwd: root, env: toolEnv() });
    return code === 0 && output.trim() === version;
  } catch {
    return false;
  }
};

/** @typedef {readonly [string, ...string[]]} CommandLine */
/** @type {Promise<CommandLine> | undefined} */
let known;

/**
 * The command that starts our one version of pnpm: the user's own if it is that, else by npx,
 * which every npm has. Another version would not accept the lock file.
 */
export const pnpmCommand = () => {
  known ??= (async () => {
    const name = pinned();
    const own = await isOnPath(name.replace('pnpm@', ''));
    return own ? ['pnpm'] : ['npx', '-y', name];
  })();
  return known;
};

/** @param {...string} args @returns {Promise<readonly [string, ...string[]]>} */
export const pnpm = async (...args) => [...(await pnpmCommand()), ...args];
