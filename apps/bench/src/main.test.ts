// The real command line: readers that go, folders that are gone, and no checkout around it.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseReport } from '@vulpes/bench';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleMain, removeBundle } from './testing/bundle-cli.ts';

let main: string;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vulpes-pipes-'));
  main = await bundleMain();
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await removeBundle();
});

describe.skipIf(process.platform === 'win32')('a reader that goes', () => {
  test('costs no measurement: the report is whole, and the exit code is 0', async () => {
    const json = join(folder, 'report.json');
    const args = `--suite boundary --case T4096 --runs 1 --no-peaks --json ${json}`.split(' ');
    const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.once('data', () => child.stdout.destroy());
    child.stderr.destroy();
    expect(await once(child, 'exit')).toEqual([0, null]);
    const { cases, notRun } = parseReport(readFileSync(json, 'utf8'), json);
    expect([cases.length, notRun.cases.length]).toEqual([1, 0]);
  });

  test('of the help leaves no stack trace', async () => {
    const child = spawn(process.execPath, [main, '--help'], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    let complaint = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint += text;
    });
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(complaint).toBe('');
  });
});

test.skipIf(process.platform !== 'linux')(
  'a working folder that was removed is a sentence',
  async () => {
    const script = `mkdir ${folder}/gone && cd ${folder}/gone && rmdir ${folder}/gone && exec ${process.execPath} ${main} --suite boundary --case T4096 --no-peaks`;
    const child = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'pipe'] });
    let complaint = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint += text;
    });
    expect(await once(child, 'close')).toEqual([1, null]);
    expect(complaint).toBe(
      'bench: expected a working folder, but it was removed. Change to another one.\n',
    );
  },
);
