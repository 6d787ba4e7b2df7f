// One trainer a run: held while its process lives, taken over after its death, gone after release.

import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LOCK_FILE, RunLock } from './run-lock.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vulpes-lock-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('a living process keeps its run', async () => {
  const path = join(folder, LOCK_FILE);
  await writeFile(path, String(process.ppid));
  const lock = new RunLock();
  await expect(lock.take(folder)).rejects.toThrow(`is being trained by process ${process.ppid};`);
  await lock.release();
  expect(existsSync(path)).toBe(true); // not ours to delete
});

test.each(['999999999', ''])(
  'a lock with process id "%s" is taken over, and released',
  async (pid) => {
    const path = join(folder, LOCK_FILE);
    await writeFile(path, pid);
    const lock = new RunLock();
    await lock.take(folder);
    expect(existsSync(path)).toBe(true);
    await lock.release();
    expect(existsSync(path)).toBe(false);
  },
);

test('a folder that does not exist needs no lock', async () => {
  const lock = new RunLock();
  await lock.take(join(folder, 'nowhere'));
  await lock.release();
  expect(existsSync(join(folder, 'nowhere'))).toBe(false);
});
