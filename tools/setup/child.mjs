import { spawn, spawnSync } from 'node:child_process';
import { constants } from 'node:os';

/** @typedef {import('node:child_process').ChildProcess} ChildProcess */
/** @typedef {readonly [string, ...string[]]} CommandLine */

const isWindows = process.platform === 'win32';
const SIGNALS = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

/**
 * Shell convention: a process that died of signal n counts as 128 + n.
 * @param {number | null} code @param {NodeJS.Signals | null} signal
 */
const exitCode = (code, signal) => code ?? 128 + (signal ? constants.signals[signal] : 0);

/** A signal asked us to end: nothing more is started. */
export class Interrupted extends Error {
  /** @param {NodeJS.Signals} signal */
  constructor(signal) {
    super(`vulpes: ended by ${signal}`);
    this.exitCode = exitCode(null, signal);
  }
}

/**
 * npx and shells do not pass signals on, so all processes of a tool get them.
 * @param {ChildProcess} child @param {NodeJS.Signals} signal
 */
const killGroup = ({ pid }, signal) => {
  if (!pid) return;
  try {
    if (isWindows) spawnSync('taskkill', ['/pid', String(pid), '/t', '/f']);
    else process.kill(-pid, signal);
  } catch {
    // it has just ended
  }
};

/**
 * Waits for a tool, and passes on a signal that ends us meanwhile.
 * @param {ChildProcess} child @returns {Promise<number>} exit code
 */
const waitForEnd = async (child) => {
  /** @type {NodeJS.Signals | undefined} */
  let received;
  /** @param {NodeJS.Signals} signal */
  const pass = (signal) => {
    received = signal;
    killGroup(child, signal);
  };
  for (const signal of SIGNALS) process.on(signal, pass);
  try {
    const code = await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (ended, signal) => resolve(exitCode(ended, signal)));
    });
    if (received) throw new Interrupted(received);
    return code;
  } finally {
    for (const signal of SIGNALS) process.off(signal, pass);
  }
};

/**
 * Runs a tool; returns its exit code and all that it printed, which is shown only when `show`.
 * @param {CommandLine} command
 * @param {{ cwd: string, env?: NodeJS.ProcessEnv, show?: boolean, hide?: RegExp }} options
 * `hide`: what is left out of that which is shown
 */
export const runTool = async ([file, ...args], options) => {
  const { cwd, env = process.env, show = false, hide } = options;
  const child = spawn(file, args, {
    cwd,
    env,
    detached: !isWindows, // a process group of its own
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  /** @type {string[]} */
  const output = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output.push(text);
      if (show) process.stdout.write(hide ? text.replace(hide, '') : text);
    });
  }
  const code = await waitForEnd(child);
  return { code, output: output.join('') };
};
