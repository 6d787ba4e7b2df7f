// One process at a time. Each puts a file of its own name beside the lock's, then looks for those of others: of two that come at
// once, the one that looks last sees the other. No file is ever taken over, so none can be taken from a living process.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { birthOf, isAlive } from './process-identity.mjs';
import { StepError } from './report.mjs';

const POLL_MS = 200;
const LONGEST_WAIT_MS = 30 * 60_000;

/** Several locks of one process are told apart. */
let count = 0;

/**
 * The file of a living process that wants or has the lock; those of processes that are gone are removed.
 * @param {string} lock @param {string} own
 */
const findOther = (lock, own) => {
  const folder = dirname(lock);
  for (const name of readdirSync(folder)) {
    if (name === basename(own) || !name.startsWith(`${basename(lock)}.`)) continue;
    const [pid = '', birth = ''] = name.slice(basename(lock).length + 1).split('-');
    if (isAlive(Number(pid), birth)) return { pid, file: join(folder, name) };
    rmSync(join(folder, name), { force: true, recursive: true });
  }
  return null;
};

/** @param {string} lock @param {string} own @returns null when it is ours now */
const tryTake = (lock, own) => {
  try {
    mkdirSync(dirname(lock), { recursive: true });
    writeFileSync(own, '');
  } catch (error) {
    const reason = error instanceof Error ? error.message : error;
    throw new StepError(`vulpes: cannot set up: ${reason}. The checkout has to be writable.`);
  }
  const other = findOther(lock, own);
  if (other) rmSync(own, { force: true });
  return other;
};

/**
 * One process at a time runs `body`; the others wait.
 * @template T @param {string} lock path that the files of the lock begin with @param {() => Promise<T>} body @returns {Promise<T>}
 */
export const withLock = async (lock, body, { longestWaitMs = LONGEST_WAIT_MS } = {}) => {
  count += 1;
  const own = `${lock}.${process.pid}-${birthOf(process.pid)}-${count}`;
  const start = performance.now();
  let isTold = false;
  for (let other = tryTake(lock, own); other; other = tryTake(lock, own)) {
    const remedy = `if ${other.pid} is no command of vulpes, remove ${other.file}`;
    if (performance.now() - start > longestWaitMs) {
      const minutes = Math.round(longestWaitMs / 60_000);
      throw new StepError(
        `vulpes: process ${other.pid} is still setting up after ${minutes} minutes; ${remedy}`,
      );
    }
    if (!isTold) {
      console.error(
        `vulpes: another command is setting up; waiting for process ${other.pid} (${remedy})`,
      );
    }
    isTold = true;
    await wait(POLL_MS * Math.random());
  }
  try {
    return await body();
  } finally {
    rmSync(own, { force: true });
  }
};
