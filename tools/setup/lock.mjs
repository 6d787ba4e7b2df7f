import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { root } from './paths.mjs';

const POLL = 200; // milliseconds

// Not inside node_modules: the installation that it guards may replace that folder.
const folder = join(root, '.cache');
const file = join(folder, 'setup.lock');

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

const tryTake = () => {
  mkdirSync(folder, { recursive: true });
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
    return false;
  }
};

/** Frees a lock whose process was killed. */
const dropIfStale = () => {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    if (pid > 0 && !isAlive(pid)) rmSync(file, { force: true });
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
};

/**
 * One set-up at a time in this checkout; a second command waits for the first.
 * @template T @param {() => Promise<T>} body @returns {Promise<T>}
 */
export const withSetupLock = async (body) => {
  for (let told = false; !tryTake(); told = true) {
    if (!told) console.error('vulpes: another command is setting up, waiting for it');
    dropIfStale();
    await wait(POLL);
  }
  try {
    return await body();
  } finally {
    rmSync(file, { force: true });
  }
};
