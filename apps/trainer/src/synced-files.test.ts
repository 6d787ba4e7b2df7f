// Files on a real disk: the contract, and checkpoints of a process that is killed without warning.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleCli } from '@vulpes/cli-kit/testing';
import { cleanLeftovers, listCheckpoints, readCheckpoint } from '@vulpes/training';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { syncedFiles } from './synced-files.ts';

const encode = (text: string) => new TextEncoder().encode(text);

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'vulpes-files-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

test('write, append, truncate, rename, list, size, remove', async () => {
  const folder = join(scratch, 'a', 'b');
  await syncedFiles.makeFolder(folder);
  const path = join(folder, 'log');
  await syncedFiles.append(path, encode('one\n'));
  await syncedFiles.append(path, encode('two\n'));
  expect(await syncedFiles.size(path)).toBe(8);
  await syncedFiles.truncate(path, 4);
  await syncedFiles.write(join(folder, 'new'), encode('three'));
  await syncedFiles.rename(join(folder, 'new'), join(folder, 'old'));
  expect(await syncedFiles.list(folder)).toEqual(['log', 'old']);
  expect(new TextDecoder().decode(await syncedFiles.read(path))).toBe('one\n');
  await syncedFiles.remove(folder);
  await syncedFiles.remove(folder);
  expect(await syncedFiles.list(folder)).toEqual([]);
  expect(await syncedFiles.size(path)).toBeNull();
  await expect(syncedFiles.read(path)).rejects.toThrow('no such file');
});

test('SIGKILL at ten random moments of saving always leaves a whole, recent checkpoint', async () => {
  const app = join(import.meta.dirname, '..');
  const bundle = await bundleCli(app, 'src/testing/save-forever.ts');
  onTestFinished(() => bundle.remove());
  const folder = join(scratch, 'killed');
  let step = 0;
  for (let round = 0; round < 10; round++) {
    const child = spawn(process.execPath, [bundle.script, folder, String(step)]);
    const reported = await killAfterSaves(child, { saves: 2, extraMs: Math.random() * 25 });
    await cleanLeftovers(syncedFiles, folder);
    const all = await listCheckpoints(syncedFiles, folder);
    const latest = all.at(-1);
    expect(latest?.step).toBeGreaterThanOrEqual(reported); // what it reported as saved is there
    for (const checkpoint of all) {
      const contents = await readCheckpoint(syncedFiles, checkpoint.folder); // hashes hold
      expect(contents['data.bin']?.[0]).toBe(checkpoint.step % 256);
    }
    expect((await syncedFiles.list(join(folder, 'checkpoints'))).length).toBe(all.length); // no leftovers
    step = latest?.step as number;
  }
}, 60_000);

/** Kills a child some time after it reported its n-th save. @returns the last step that it reported */
async function killAfterSaves(
  child: ChildProcess,
  { saves, extraMs }: { saves: number; extraMs: number },
): Promise<number> {
  let reported = 0;
  let seen = 0;
  child.stdout?.on('data', (data: Buffer) => {
    for (const line of data.toString().trimEnd().split('\n')) reported = Number(line);
    if (++seen === saves) setTimeout(() => child.kill('SIGKILL'), extraMs);
  });
  await once(child, 'exit');
  return reported;
}
