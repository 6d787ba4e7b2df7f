// Keeps two trainers off one run: a file in its folder with the process id of the one at work.

import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getFileSize, UsageError } from '@vulpes/cli-kit';

export const LOCK_FILE = 'trainer.lock';

export class RunLock {
  #path: string | null = null;

  /**
   * A lock whose process is gone is taken over; a folder that does not exist needs none.
   * @throws UsageError when another process works on the run
   */
  async take(folder: string): Promise<void> {
    const path = join(folder, LOCK_FILE);
    if (await isCreated(path)) {
      this.#path = path;
      return;
    }
    const holder = Number(await readFile(path, 'utf8').catch(() => ''));
    if (holder !== process.pid && isAlive(holder)) {
      throw new UsageError(
        `${folder} is being trained by process ${holder}; wait for it or stop it (if ${holder} is no trainer, delete ${path}).`,
      );
    }
    await rm(path, { force: true });
    if (await isCreated(path)) this.#path = path;
    else if ((await getFileSize(path)) !== null)
      throw new UsageError(`${folder} has just been taken by another trainer; wait for it.`);
  }

  async release(): Promise<void> {
    if (this.#path !== null) await rm(this.#path, { force: true });
    this.#path = null;
  }
}

/** false when there is such a file already, or no such folder. */
async function isCreated(path: string): Promise<boolean> {
  try {
    await writeFile(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' || code === 'ENOENT' || code === 'ENOTDIR') return false;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0); // sends nothing
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // someone else's
  }
}
