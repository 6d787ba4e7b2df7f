// A real process that starts another one, and ends.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterEach, beforeEach, expect, test } from 'vitest';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vulpes-children-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test.skipIf(process.platform === 'win32').each([
  ['at its end', ''],
  ['by an error', "throw new Error('by a test');"],
])('a child process ends with ours, which ends %s', async (_, ending) => {
  const [beats, main] = [join(folder, 'beats'), join(folder, 'main.mjs')];
  const loop = `for i in $(seq 100); do echo >>${beats}; sleep 0.05; done`; // not for ever, should this test fail
  const contents = `
    import { spawn } from 'node:child_process';
    import { existsSync } from 'node:fs';
    import './children.ts';
    spawn('sh', ['-c', ${JSON.stringify(loop)}], { stdio: 'ignore' }).unref();
    const timer = setInterval(() => {
      if (!existsSync(${JSON.stringify(beats)})) return;
      clearInterval(timer);
      ${ending}
    }, 20);`;
  const stdin = { contents, resolveDir: import.meta.dirname };
  await build({ stdin, outfile: main, bundle: true, format: 'esm', platform: 'node' });
  const { status } = spawnSync(process.execPath, [main], { timeout: 60_000 });
  expect(status).toBe(ending === '' ? 0 : 1);
  const { size } = statSync(beats);
  expect(size).toBeGreaterThan(0);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(statSync(beats).size).toBe(size);
});
