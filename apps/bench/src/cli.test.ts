// The real command line, with real signals and closed pipes.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
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
import { setTimeout } from 'node:timers/promises';
import { parseReport } from '@vulpes/bench';
import { bundleCli, type CliBundle, runProcess } from '@vulpes/cli-kit/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

let cli: CliBundle;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vulpes-cli-'));
  cli = await bundleCli(join(import.meta.dirname, '..'));
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await cli.remove();
});

const at = (name: string): string => join(folder, name);
const RUN = '--suite matmul --case matmul/forward --runs 1 --no-peaks'.split(' ');
const reportAt = (file: string) => parseReport(readFileSync(file, 'utf8'), file);

describe.skipIf(process.platform === 'win32')('the command line', () => {
  test('Ctrl-C names the report of the cases that had ended', async () => {
    const json = at('early.json');
    const { code, signal, stdout } = await runProcess(cli.script, [...RUN, '--json', json], {
      signalAfter: { text: '[2/2]', signal: 'SIGINT' },
    });
    expect([code, signal]).toEqual([null, 'SIGINT']); // shells and npm make 130 of it
    expect(stdout).toContain(`\nStopped by SIGINT. The report so far: ${json}\n`);
    expect(reportAt(json).cases).toHaveLength(1);
  });

  test('before the first case has ended a signal leaves nothing', async () => {
    const cwd = at('empty');
    mkdirSync(cwd);
    const { signal, stdout } = await runProcess(cli.script, RUN, {
      cwd,
      signalAfter: { text: '[1/', signal: 'SIGTERM' },
    });
    expect(signal).toBe('SIGTERM');
    expect(stdout).toContain('Stopped by SIGTERM. No report was written.\n');
    expect(readdirSync(cwd)).toEqual([]);
  });

  test('a signal ends child processes, too', async () => {
    const [json, beats, python] = [at('beside.json'), at('beats'), at('python')];
    writeFileSync(
      python,
      `#!/bin/sh\n[ "$1" = -c ] && exit 0\necho '{"type":"progress","doing":"beating"}'\nwhile :; do echo >>${beats}; sleep 0.05; done\n`,
    );
    chmodSync(python, 0o755);
    const compare = ['--case', 'M256', '--compare', 'pytorch', '--python', python];
    const { signal } = await runProcess(cli.script, [...RUN, '--json', json, ...compare], {
      signalAfter: { text: 'pytorch: beating', signal: 'SIGTERM' },
    });
    const read = () => statSync(beats, { throwIfNoEntry: false })?.size;
    const size = read();
    await setTimeout(500);
    expect(read()).toBe(size);
    expect(signal).toBe('SIGTERM');
    expect(reportAt(json).cases).toHaveLength(1);
  });

  test('a closed pipe does not end a measurement', async () => {
    const json = at('report.json');
    const args = [cli.script, ...RUN, '--case', 'M256', '--json', json];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.once('data', () => child.stdout.destroy());
    child.stderr.destroy();
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(reportAt(json).cases).toHaveLength(1);
  });
});
