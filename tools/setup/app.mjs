import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { userFolder } from './paths.mjs';
import { StepError } from './report.mjs';

const POLL_MS = 500;

/** When npm is killed outright, nothing passes that on: the app must not go on unseen. */
const endWithNpm = () => {
  if (process.env.npm_lifecycle_event === undefined || process.platform === 'win32') return;
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL');
  }, POLL_MS).unref();
};

/**
 * Runs a built app in this process, in the user's folder; it sets the exit code itself.
 * @param {string} main path of its entry file @param {readonly string[]} args
 */
export const runApp = async (main, args) => {
  const folder = userFolder();
  if (!existsSync(folder)) throw new StepError(`vulpes: the folder ${folder} is gone`);
  process.chdir(folder);
  process.argv = [process.execPath, main, ...args];
  endWithNpm();
  await import(pathToFileURL(main).href);
};
