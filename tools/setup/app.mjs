import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { exited } from './child.mjs';
import { userFolder } from './paths.mjs';

/** @typedef {import('node:child_process').ChildProcess} ChildProcess */

const SAME_KEYSTROKE = 500; // milliseconds
const PARENT_POLL = 500; // milliseconds

const followLauncher = new URL('follow-launcher.mjs', import.meta.url);

/**
 * Passes signals on, each keystroke once: Ctrl-C reaches us from the terminal and again from npm.
 * @param {ChildProcess} child
 */
const forwardSignals = (child) => {
  let last = Number.NEGATIVE_INFINITY;
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => {
      const now = performance.now();
      if (now - last > SAME_KEYSTROKE) child.kill(signal);
      last = now;
    });
  }
  process.on('SIGWINCH', () => child.kill('SIGWINCH'));
};

/**
 * When npm is killed outright it can't tell us; then the app must not live on unseen.
 * @param {ChildProcess} child
 */
const endWithNpm = (child) => {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid === parent) return;
    child.kill('SIGKILL');
    process.exit(137);
  }, PARENT_POLL).unref();
};

/**
 * Runs a built app in the user's folder and returns its exit code. It gets a session of its own,
 * so that it sees only the signals that we pass on, and an open channel by which it notices our
 * end even when we are killed.
 * @param {string} main path of the app's entry file @param {readonly string[]} args
 */
export const runApp = async (main, args) => {
  const cwd = userFolder();
  if (!existsSync(cwd)) throw new Error(`vulpes: the folder ${cwd} is gone`);
  const child = spawn(process.execPath, ['--import', followLauncher.href, main, ...args], {
    cwd,
    detached: process.platform !== 'win32',
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  forwardSignals(child);
  endWithNpm(child);
  return exited(child);
};
