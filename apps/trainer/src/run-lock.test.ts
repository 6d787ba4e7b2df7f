// One trainer a run: held while its process lives, without effect after its death, gone after release; never held by two.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleCli } from '@vulpes/cli-kit/testing';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { identify, isAlive, ownIdentity } from './process-identity.ts';
import { assertFree, isLockFile, lockFileName, RunLock } from './run-lock.ts';
import { raceForLock } from './testing/lock-race.ts';

let scratch: string;
let folder: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'vulpes-lock-'));
});
beforeEach(async () => {
  folder = await mkdtemp(join(scratch, 'run-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

const holder = async () => (await readdir(folder)).filter(isLockFile);

test('a living process keeps its run, and the message names process and file', async () => {
  const first = new RunLock();
  await first.take(folder);
  await first.take(folder); // once more is nothing new
  const [name = ''] = await holder();
  await expect(new RunLock().take(folder)).rejects.toThrow('is being trained by this process');
  // The parent was born at another moment than this says: the id was used again.
  const other = lockFileName({ ...ownIdentity(), pid: process.ppid });
  await writeFile(join(folder, other), '');
  await assertFree(join(folder, 'nowhere'));
  await expect(assertFree(folder)).rejects.toThrow(/by this process already/);
  expect(existsSync(join(folder, other))).toBe(process.platform !== 'linux');
  await first.release();
  expect(existsSync(join(folder, name))).toBe(false);
});

test('another living process is named, with the file', async () => {
  const script = join(scratch, 'hold.mjs');
  await writeFile(script, 'console.log("up"); setInterval(() => {}, 1000);');
  const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  const pid = child.pid as number;
  const { birth } = identify(pid);
  const path = join(folder, lockFileName({ pid, birth }));
  await writeFile(path, '');
  const lock = new RunLock();
  await expect(lock.take(folder)).rejects.toThrow(
    `is being trained by process ${pid}; wait for it or stop it (if ${pid} is no trainer, delete ${path})`,
  );
  expect(await holder()).toEqual([lockFileName({ pid, birth })]); // not ours to delete, and ours is gone
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(isAlive({ pid, birth })).toBe(false);
  await lock.take(folder);
  expect(await holder()).toEqual([lockFileName(ownIdentity())]);
  await lock.release();
});

test('a folder that does not exist needs no lock', async () => {
  const lock = new RunLock();
  await lock.take(join(folder, 'nowhere'));
  await lock.release();
  expect(existsSync(join(folder, 'nowhere'))).toBe(false);
});

test('a folder that was replaced is noticed', async () => {
  const lock = new RunLock();
  await lock.take(folder);
  await lock.assertHeld();
  await rm(folder, { recursive: true });
  await mkdir(folder);
  await expect(lock.assertHeld()).rejects.toThrow(/was removed, or replaced by another folder/);
  await lock.release();
});

test('six processes that come at once, with and without the lock of a dead one: one at a time has it', async () => {
  const bundle = await bundleCli(join(import.meta.dirname, '..'), 'src/testing/race-for-lock.ts');
  onTestFinished(() => bundle.remove());
  const result = await raceForLock(bundle.script, { scratch, processes: 6, rounds: 12 });
  expect(result).toEqual({ overlaps: 0, empty: 0, taken: expect.any(Number) });
}, 120_000);
