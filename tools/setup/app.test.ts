import { type ChildProcess, spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';

const launcher = fileURLToPath(new URL('fixtures/launcher.mjs', import.meta.url));

interface Launched {
  readonly child: ChildProcess;
  /** Next line that the app prints, parsed. */
  readonly next: () => Promise<Record<string, unknown>>;
  readonly code: Promise<number | null>;
}

let running: Launched | undefined;
afterEach(() => running?.child.kill('SIGKILL'));

const launch = (args: string[] = []): Launched => {
  const env = { PATH: process.env.PATH };
  const child = spawn(process.execPath, [launcher, ...args], { cwd: tmpdir(), env });
  const lines: string[] = [];
  let wake = () => {};
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    lines.push(...text.trim().split('\n'));
    wake();
  });
  const next = async () => {
    while (lines.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    return JSON.parse(lines.shift() ?? '') as Record<string, unknown>;
  };
  const code = new Promise<number | null>((resolve) => child.once('close', resolve));
  running = { child, next, code };
  return running;
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe.skipIf(process.platform === 'win32')('runApp', () => {
  test('passes arguments as they are and keeps the folder', async () => {
    const { next } = launch(['--data', 'a b.txt', '$x "y"']);
    expect(await next()).toMatchObject({ args: ['--data', 'a b.txt', '$x "y"'], cwd: tmpdir() });
  });

  test('one keystroke that arrives twice reaches the app once; the exit code comes back', async () => {
    const { child, next, code } = launch();
    await next();
    child.kill('SIGINT'); // from the terminal
    await new Promise((resolve) => setTimeout(resolve, 50));
    child.kill('SIGINT'); // the same again, from npm
    expect(await next()).toEqual({ interrupts: 1 });
    expect(await code).toBe(7);
  });

  test('the app ends when the launcher is killed', async () => {
    const { child, next } = launch();
    const { pid } = (await next()) as { pid: number };
    expect(isAlive(pid)).toBe(true);
    child.kill('SIGKILL');
    // An orphan may stay as a zombie where nothing collects it: its output closes all the same.
    await expect.poll(() => child.stdout?.closed, { timeout: 5000 }).toBe(true);
  });
});
