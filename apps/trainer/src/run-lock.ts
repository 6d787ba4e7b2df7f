// Keeps two trainers off one run. Each puts a file of its own name in the folder, then looks for those of others: of two that
// come at once, the one that looks last sees the other. No file is ever taken over, so none can be taken from a living trainer.

import { readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describeFileError, UsageError } from '@vulpes/cli-kit';
import { isAlive, ownIdentity, type ProcessIdentity } from './process-identity.ts';

const NAME = /^trainer-(\d+)-([0-9a-z]+)\.lock$/;
/** Two that see each other both step back, and try again after a time by chance. */
const ATTEMPTS = 6;
const LONGEST_WAIT_MS = 100;

export const isLockFile = (name: string): boolean => NAME.test(name);

export const lockFileName = ({ pid, birth }: ProcessIdentity): string =>
  `trainer-${pid}-${birth}.lock`;

export class RunLock {
  #path: string | null = null;
  #folder = '';

  /**
   * The lock of a process that is gone does not count; a folder that does not exist needs none.
   * @throws UsageError when another process works on the run
   */
  async take(folder: string): Promise<void> {
    if (this.#path !== null) return;
    const path = join(folder, lockFileName(ownIdentity()));
    for (let attempt = 1; ; attempt++) {
      if (!(await isCreated(path, folder))) return;
      const [other] = await findLocks(folder, { except: path });
      if (!other) break;
      await rm(path, { force: true });
      if (attempt === ATTEMPTS) throw isBusy(folder, other);
      await wait(Math.random() * LONGEST_WAIT_MS);
    }
    this.#folder = folder;
    this.#path = path;
  }

  /** @throws UsageError when the folder was removed or replaced, or the lock deleted */
  async assertHeld(): Promise<void> {
    if (this.#path === null || (await stat(this.#path).catch(() => null))) return;
    throw new UsageError(
      `${this.#folder} was removed, or replaced by another folder, while it was being trained (${this.#path} is gone). Nothing more is written there.`,
    );
  }

  async release(): Promise<void> {
    if (this.#path !== null) await rm(this.#path, { force: true }).catch(() => {}); // it counts no more once we have ended
    this.#path = null;
  }
}

/** @throws UsageError when another process works on the run; takes nothing */
export async function assertFree(folder: string): Promise<void> {
  const [other] = await findLocks(folder, { except: null });
  if (other) throw isBusy(folder, other);
}

interface FoundLock {
  readonly pid: number;
  readonly path: string;
}

const isBusy = (folder: string, { pid, path }: FoundLock): UsageError =>
  new UsageError(
    pid === process.pid
      ? `${folder} is being trained by this process already.`
      : `${folder} is being trained by process ${pid}; wait for it or stop it (if ${pid} is no trainer, delete ${path}).`,
  );

/** Locks of living processes; those of processes that are gone are removed. */
async function findLocks(
  folder: string,
  { except }: { except: string | null },
): Promise<FoundLock[]> {
  const found: FoundLock[] = [];
  for (const name of await listOrExplain(folder)) {
    const [, pid, birth] = NAME.exec(name) ?? [];
    const path = join(folder, name);
    if (pid === undefined || birth === undefined || path === except) continue;
    if (isAlive({ pid: Number(pid), birth })) found.push({ pid: Number(pid), path });
    else await rm(path, { force: true, recursive: true }).catch(() => {});
  }
  return found;
}

async function listOrExplain(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw new UsageError(
      `${folder}: cannot look for other trainers there: ${describeFileError(error)}.`,
      { cause: error },
    );
  }
}

/** false when there is no such folder. @throws UsageError when the lock is ours already, or cannot be written */
async function isCreated(path: string, folder: string): Promise<boolean> {
  try {
    await writeFile(path, '', { flag: 'wx' });
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return false;
    if (code === 'EEXIST') throw isBusy(folder, { pid: process.pid, path });
    throw new UsageError(
      `${folder}: cannot write ${path}, which keeps other trainers off: ${describeFileError(error)}.`,
      { cause: error },
    );
  }
}
