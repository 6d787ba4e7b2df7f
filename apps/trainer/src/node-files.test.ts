// Files on a real disk: the contract, and checkpoints of a process that is killed without warning.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanLeftovers, encodeText, listCheckpoints, readCheckpoint } from '@vulpes/training';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nodeFiles } from './node-files.ts';
import { bundle, removeBundles } from './testing/bundle-cli.ts';

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'vulpes-files-'));
});
afterAll(async () => {
  await rm(scratch, { recursive: true, force: true });
  await removeBundles();
});

test('write, append, truncate, rename, list, size, remove', async () => {
  const folder = join(scratch, 'a', 'b');
  await nodeFiles.makeFolder(folder);
  const path = join(folder, 'log');
  await nodeFiles.append(path, encodeText('one\n'));
  await nodeFiles.append(path, encodeText('two\n'));
  expect(await nodeFiles.size(path)).toBe(8);
  await nodeFiles.truncate(path, 4);
  await nodeFiles.write(join(folder, 'new'), encodeText('three'));
  await nodeFiles.rename(join(folder, 'new'), join(folder, 'old'));
  expect(await nodeFiles.list(folder)).toEqual(['log', 'old']);
  expect(new TextDecoder().decode(await nodeFiles.read(path))).toBe('one\n');
  await nodeFiles.remove(folder);
  await nodeFiles.remove(folder);
  expect(await nodeFiles.list(folder)).toEqual([]);
  expect(await nodeFiles.size(path)).toBeNull();
  await expect(nodeFiles.read(path)).rejects.toThrow('no such file');
});

test('SIGKILL at ten random moments of saving always leaves a whole, recent checkpoint', async () => {
  const script = await bundle('testing/save-forever.ts');
  const folder = join(scratch, 'killed');
  let step = 0;
  for (let round = 0; round < 10; round++) {
    const child = spawn(process.execPath, [script, folder, String(step)]);
    const told = await killAfterSaves(child, { saves: 2, extraMs: Math.random() * 25 });
    await cleanLeftovers(nodeFiles, folder);
    const all = await listCheckpoints(nodeFiles, folder);
    const latest = all.at(-1);
    expect(latest?.step).toBeGreaterThanOrEqual(told); // what was told as saved is there
    for (const checkpoint of all) {
      const contents = await readCheckpoint(nodeFiles, checkpoint.folder); // hashes hold
      expect(contents['data.bin']?.[0]).toBe(checkpoint.step % 256);
    }
    expect((await nodeFiles.list(join(folder, 'checkpoints'))).length).toBe(all.length); // no leftovers
    step = latest?.step as number;
  }
}, 60_000);

/** Kills a child some time after it told of its n-th save. @returns the last step that it told of */
async function killAfterSaves(
  child: ChildProcess,
  { saves, extraMs }: { saves: number; extraMs: number },
): Promise<number> {
  let told = 0;
  let seen = 0;
  child.stdout?.on('data', (data: Buffer) => {
    for (const line of data.toString().trimEnd().split('\n')) told = Number(line);
    if (++seen === saves) setTimeout(() => child.kill('SIGKILL'), extraMs);
  });
  await once(child, 'exit');
  return told;
}
