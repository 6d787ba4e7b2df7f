import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
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

test('returns what the body returns, and frees the lock, after an error too', async () => {
  expect(await withLock(file, async () => existsSync(file))).toBe(true);
  expect(existsSync(file)).toBe(false);
  await expect(withLock(file, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(existsSync(file)).toBe(false);
});

test('waits for the process that holds it, and names the file; a killed holder frees it', async () => {
  const child = await startHolder();
  const message = new Promise<string>((resolve) => {
    vi.spyOn(console, 'error').mockImplementation(resolve);
  });
  const second = withLock(file, async () => child.exitCode ?? child.signalCode);
  expect(await message).toContain(`process ${child.pid}`);
  expect(await message).toContain(`remove ${file}`);
  child.kill('SIGKILL');
  expect(await second).toBe('SIGKILL');
});

test('bodies never overlap', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {});
  let running = 0;
  const body = async () => {
    running += 1;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(running).toBe(1);
    running -= 1;
  };
  await Promise.all([withLock(file, body), withLock(`${folder}/x/../state/setup.lock`, body)]);
});
