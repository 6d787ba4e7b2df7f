import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { withLock } from './lock.mjs';

const holdLock = fileURLToPath(new URL('fixtures/hold-lock.mjs', import.meta.url));

let folder: string;
let file: string;
let holder: ChildProcess | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vulpes-lock-'));
  file = join(folder, 'state', 'setup.lock');
});
afterEach(() => {
  holder?.kill('SIGKILL');
  rmSync(folder, { recursive: true });
  vi.restoreAllMocks();
});

const startHolder = async () => {
  const child = spawn(process.execPath, [holdLock, file], { stdio: ['ignore', 'pipe', 'ignore'] });
  holder = child;
  await once(child.stdout, 'data');
  return child;
};

const files = () => readdirSync(join(folder, 'state'));

test('returns what the body returns, and frees the lock, after an error too', async () => {
  expect(await withLock(file, async () => files().length)).toBe(1);
  expect(files()).toEqual([]);
  await expect(withLock(file, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(files()).toEqual([]);
});

test('waits for the process that holds it, and names process and file; a killed holder frees it', async () => {
  const child = await startHolder();
  const [name] = files();
  const message = new Promise<string>((resolve) => {
    vi.spyOn(console, 'error').mockImplementation(resolve);
  });
  const second = withLock(file, async () => child.exitCode ?? child.signalCode);
  expect(await message).toContain(`process ${child.pid}`);
  expect(await message).toContain(`remove ${join(folder, 'state', name ?? '')}`);
  child.kill('SIGKILL');
  expect(await second).toBe('SIGKILL');
});

test('does not wait for ever', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {});
  const { pid } = await startHolder();
  await expect(withLock(file, async () => {}, { longestWaitMs: 300 })).rejects.toThrow(
    `process ${pid} is still setting up`,
  );
  expect(files().length).toBe(1); // the holder's alone
});

const { pid } = process;
const usedAgain = ['a process whose id was used again', `setup.lock.${pid}-x-1`] as const;
test.each<readonly [string, string]>([
  ['an empty file of the name', 'setup.lock'],
  ['a process that is gone', 'setup.lock.999999999-x-1'],
  ['no process id', 'setup.lock.x'],
  ...(process.platform === 'linux' ? [usedAgain] : []),
])('%s holds nothing', async (_, name) => {
  mkdirSync(join(folder, 'state'));
  writeFileSync(join(folder, 'state', name), '');
  expect(await withLock(file, async () => 'done')).toBe('done');
});

test('a folder that cannot be made is one sentence', async () => {
  writeFileSync(join(folder, 'state'), '');
  await expect(withLock(file, async () => {})).rejects.toThrow(/^vulpes: cannot set up: E/);
});

test('bodies never overlap', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {});
  let running = 0;
  const body = async () => {
    running += 1;
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(running).toBe(1);
    running -= 1;
  };
  await Promise.all(Array.from({ length: 6 }, () => withLock(file, body)));
});
