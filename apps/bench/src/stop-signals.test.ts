// Real signals to the real command line.

import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseReport } from '@vulpes/bench';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleMain, removeBundle } from './testing/bundle-cli.ts';
import { runCli } from './testing/run-cli.ts';

let main: string;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vulpes-signals-'));
  main = await bundleMain();
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await removeBundle();
});

const at = (name: string): string => join(folder, name);
const boundary = (json: string, ...more: string[]): string[] =>
  `--suite boundary --runs 1 --no-peaks --json ${json}`.split(' ').concat(more);

describe.skipIf(process.platform === 'win32')('a signal during a run', () => {
  test('names the report with the cases that had ended, and ends as signals do', async () => {
    const json = at('early.json');
    const { code, signal, stdout } = await runCli(main, boundary(json), {
      signal: 'SIGINT',
      after: '[2/2]',
    });
    expect([code, signal]).toEqual([null, 'SIGINT']); // shells and npm make 130 of it
    expect(stdout).toMatch(/^ +one launch +ok exact.*$/m);
    expect(stdout).toMatch(/\nEnded by SIGINT\. The report so far: \S+\n$/);
    expect(stdout).toContain(`The report so far: ${json}\n`);
    const { cases, notRun } = parseReport(readFileSync(json, 'utf8'), json);
    expect([cases.length, notRun.cases.length]).toEqual([1, 1]);
  });

  test('before the first case has ended there is no report to name', async () => {
    const json = at('none.json');
    const { signal, stdout } = await runCli(main, boundary(json), {
      signal: 'SIGTERM',
      after: 'adapter:',
    });
    expect(signal).toBe('SIGTERM');
    expect(stdout).toMatch(/^Ended by SIGTERM\. No report was written\.$/m);
    expect(existsSync(json)).toBe(false);
  });

  test('before the first case has ended leaves no empty folder', async () => {
    const cwd = at('empty');
    mkdirSync(cwd);
    const { signal, stdout } = await runCli(
      main,
      '--suite boundary --runs 1 --no-peaks'.split(' '),
      { signal: 'SIGINT', after: '[1/' },
      {},
      cwd,
    );
    expect(signal).toBe('SIGINT');
    expect(stdout).toMatch(/^Ended by SIGINT\. No report was written\.$/m);
    expect(readdirSync(join(cwd, 'runs', 'bench'))).toEqual([]);
  });

  test('leaves no yardstick running', async () => {
    const [json, beats, python] = [at('beside.json'), at('beats'), at('python')];
    writeFileSync(
      python,
      `#!/bin/sh\n[ "$1" = -c ] && exit 0\necho '{"type":"progress","doing":"beating"}'\nwhile :; do echo >>${beats}; sleep 0.05; done\n`,
    );
    chmodSync(python, 0o755);
    const compare = ['--case', 'T4096', '--compare', 'pytorch', '--python', python];
    const { signal, stdout } = await runCli(main, boundary(json, ...compare), {
      signal: 'SIGTERM',
      after: 'pytorch: beating',
    });
    const size = statSync(beats).size;
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(statSync(beats).size).toBe(size);
    expect(signal).toBe('SIGTERM');
    expect(stdout).toContain(`Ended by SIGTERM. The report so far: ${json}\n`);
    expect(parseReport(readFileSync(json, 'utf8'), json)).toMatchObject({
      notMeasured: [],
      notRun: { cases: [], yardsticks: ['pytorch'] },
    });
  });
});
