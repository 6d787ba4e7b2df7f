import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/** @typedef {import('node:child_process').ChildProcess} ChildProcess */
/** @typedef {readonly [string, ...string[]]} CommandLine */

/**
 * Shell convention: a process that died of signal n counts as 128 + n.
 * @param {number | null} code @param {NodeJS.Signals | null} signal
 */
const exitCode = (code, signal) => code ?? 128 + (signal ? constants.signals[signal] : 0);

/** @param {ChildProcess} child @returns {Promise<number>} exit code */
export const exited = (child) =>
  new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(exitCode(code, signal)));
  });

/** Somebody wants us to end: nothing more is to be started. */
export class Interrupted extends Error {
  /** @param {NodeJS.Signals} signal */
  constructor(signal) {
    super(`vulpes: ended by ${signal}`);
    this.exitCode = exitCode(null, signal);
  }
}

/**
 * npx and shells do not pass signals on, so the whole group of a tool gets them.
 * @param {ChildProcess} child @param {NodeJS.Signals} signal
 */
const killGroup = ({ pid }, signal) => {
  try {
    if (pid) process.kill(-pid, signal);
  } catch {
    // it has just ended
  }
};

/**
 * Waits for a tool, and passes on the signal that ends us meanwhile.
 * @param {ChildProcess} child @returns {Promise<number>} exit code
 */
const endedWithUs = async (child) => {
  const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);
  /** @type {NodeJS.Signals | undefined} */
  let received;
  /** @param {NodeJS.Signals} signal */
  const pass = (signal) => {
    received = signal;
    killGroup(child, signal);
  };
  for (const signal of signals) process.on(signal, pass);
  try {
    const code = await exited(child);
    if (received) throw new Interrupted(received);
    return code;
  } finally {
    for (const signal of signals) process.off(signal, pass);
  }
};

/**
 * Runs a tool; returns its exit code and all that it printed, which is shown only when `show`.
 * @param {CommandLine} command
 * @param {{ cwd: string, env?: NodeJS.ProcessEnv, show?: boolean }} options
 */
export const runTool = async ([file, ...args], { cwd, env = process.env, show = false }) => {
  const child = spawn(file, args, {
    cwd,
    env,
    detached: true, // a group of its own
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  /** @type {string[]} */
  const output = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output.push(text);
      if (show) process.stdout.write(text);
    });
  }
  const code = await endedWithUs(child);
  return { code, output: output.join('') };
};
