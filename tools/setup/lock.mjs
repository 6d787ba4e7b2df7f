import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const POLL_MS = 200;
const SETTLE_MS = 50;

/** @param {unknown} error @param {string} code */
const hasCode = (error, code) =>
  error instanceof Error && /** @type {NodeJS.ErrnoException} */ (error).code === code;

/** @param {number} pid */
const isAlive = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
};

/** The process that holds the lock; 0 where none does. @param {string} file */
const readHolder = (file) => {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return 0;
    throw error;
  }
};

/** @param {string} file @returns {Promise<boolean>} */
const tryTake = async (file) => {
  const holder = readHolder(file);
  if (holder > 0 && isAlive(holder)) return false;
  if (holder > 0) rmSync(file, { force: true }); // its process was killed
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
  // Another process may have found the same killed holder and removed our file instead of its.
  await wait(SETTLE_MS);
  return readHolder(file) === process.pid;
};

/**
 * One process at a time runs `body`; the others wait.
 * @template T @param {string} file @param {() => Promise<T>} body @returns {Promise<T>}
 */
export const withLock = async (file, body) => {
  mkdirSync(dirname(file), { recursive: true });
  for (let isFirst = true; !(await tryTake(file)); isFirst = false) {
    if (isFirst) {
      console.error(
        `vulpes: another command is setting up; waiting for process ${readHolder(file)} ` +
          `(if it is no command of vulpes, remove ${file})`,
      );
    }
    await wait(POLL_MS);
  }
  try {
    return await body();
  } finally {
    rmSync(file, { force: true });
  }
};
