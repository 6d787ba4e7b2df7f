// Everything of cli-kit without a device, and its command frame in a real process.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineVariants, NoAdapterError } from '@vulpes/tensor-core';
import { Command, CommanderError } from 'commander';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import * as kit from './index.ts';
import { bundleCli, type CliBundle, runProcess } from './testing/index.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vulpes-cli-kit-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function report(error: unknown): { code: number; text: string } {
  let text = '';
  const code = kit.reportError(error, { write: (part) => (text += part) });
  return { code, text };
}

test.each([
  [new kit.UsageError('--x: expected y.'), 1, 'error: --x: expected y.\n'],
  [new NoAdapterError('no adapter. Do this.'), 1, 'error: no adapter. Do this.\n'],
  [new kit.InterruptedError('SIGTERM', 'No file.'), 143, 'Stopped by SIGTERM. No file.\n'],
  [new CommanderError(2, 'c', 'printed already'), 2, ''],
  [{ syscall: 'uv_cwd' }, 1, 'error: the working folder was removed. Change to another folder.\n'],
  ['odd', 1, 'error: unexpected: odd. Set FOX_DEBUG=1 to see where it came from.\n'],
])('%s is reported in one line', (error, code, text) => {
  expect(report(error)).toEqual({ code, text });
});

describe('option values', () => {
  test.each([
    [kit.parseCount, '12', 12],
    [kit.parseCountOrZero, '0', 0],
    [kit.parsePositive, '0.5', 0.5],
    [kit.parseNegative, '-10', -10],
    [kit.orOff(kit.parseCount), 'off', 'off'],
    [kit.parseList, 'a, b', ['a', 'b']],
    [kit.parseIndexList, '3,0,3', [0, 3]],
  ])('%o accepts %s', (parse, text, value) => {
    expect((parse as (text: string) => unknown)(text)).toEqual(value);
  });

  test.each([
    [kit.parseCount, '0', 'Expected a whole number of at least 1.'],
    [kit.parseCount, '1.5', 'Expected a whole number of at least 1.'],
    [kit.parsePositive, ' ', 'Expected a number above 0.'],
    [kit.parseNotNegative, 'Infinity', 'Expected a number of at least 0.'],
    [kit.orOff(kit.parseNegative), '1', 'Expected a number below 0, or off.'],
    [kit.parseNotEmpty, ' ', 'It is empty.'],
    [kit.parseList, 'a,,b', 'Expected values with commas between them.'],
    [kit.parseIndexList, '1,x', 'Expected a whole number of at least 0.'],
  ])('%o rejects %s', (parse, text, message) => {
    expect(() => (parse as (text: string) => unknown)(text)).toThrow(message);
  });

  test('kernel variants add up, or come from FOX_VARIANTS', () => {
    defineVariants('test-op', [{ name: 'tiled' }, { name: 'scalar' }]);
    const parse = (...args: string[]) =>
      new Command().addOption(kit.variantOption()).parse(args, { from: 'user' }).opts();
    expect(parse()).toEqual({});
    expect(parse('--variant', 'test-op=tiled', '--variant', 'scalar')).toEqual({
      variant: ['test-op=tiled', 'scalar'],
    });
    expect(() => parse('--variant', 'test-op=fast')).toThrow(
      "variants: expected a variant of test-op (scalar, tiled), got 'fast'.",
    );
    expect(() => parse('--variant', 'test=tiled')).toThrow(/expected an op among .*test-op/);
    vi.stubEnv('FOX_VARIANTS', 'test-op=scalar');
    expect(parse()).toEqual({ variant: ['test-op=scalar'] });
    expect(parse('--variant', 'tiled')).toEqual({ variant: ['tiled'] });
    vi.unstubAllEnvs();
  });

  test('files and folders', () => {
    const file = join(folder, 'a.txt');
    writeFileSync(file, 'a');
    expect(kit.parseExistingFile(file)).toBe(file);
    expect(kit.parseExistingFolder(folder)).toBe(folder);
    expect(kit.parseWritablePath(join(folder, 'new'))).toBe(join(folder, 'new'));
    expect(() => kit.parseExistingFile(join(folder, 'new'))).toThrow('There is no file');
    expect(() => kit.parseExistingFolder(file)).toThrow('There is no folder');
    expect(() => kit.parseWritablePath(folder)).toThrow('It is a folder');
    expect(() => kit.parseWritablePath(join(file, 'b'))).toThrow('There is no folder');
  });
});

test('numbers', () => {
  expect([7.4, 59.6, 185, 3723, Number.POSITIVE_INFINITY].map(kit.formatDuration)).toEqual(
    '7s 1m00s 3m05s 1h02m –'.split(' '),
  );
  expect([512, 2048, 12_345_678, 3 * 2 ** 30].map(kit.formatBytes)).toEqual([
    ...['512 B', '2.00 KiB', '11.8 MiB', '3.00 GiB'],
  ]);
  expect([7, 5400, 819_200, 2.5e12].map(kit.formatCount)).toEqual([
    ...['7.00', '5.40 k', '0.82 M', '2.50 T'],
  ]);
  expect([kit.formatInteger(1234567.4), kit.formatPercent(0.614)]).toEqual(['1,234,567', '61%']);
});

test('an adapter by its name', () => {
  const adapter = {
    vendor: 'nvidia',
    architecture: 'hopper',
    device: '0x2330',
    description: 'H100',
  };
  expect(kit.getAdapterName(adapter)).toBe('nvidia H100');
  expect(kit.getAdapterName({ ...adapter, device: 'nvidia-h100' })).toBe('nvidia-h100 H100');
  expect(kit.getAdapterName({ ...adapter, vendor: '', description: '' })).toBe('hopper');
  const none = { vendor: '', architecture: '', device: '', description: '' };
  expect(kit.getAdapterName(none)).toBe('unnamed');
});

describe('ProgressLine', () => {
  test('plain lines, one for each change', () => {
    let text = '';
    const line = new kit.ProgressLine({ write: (part) => (text += part) });
    for (const done of [0, 1, 2]) line.update({ text: `${done}`, plain: 'a', done, total: 3 });
    line.print('note');
    line.update({ text: 'b', done: 2, total: 3 });
    line.update({ text: 'c', plain: null, done: 3, total: 3 });
    line.clear();
    expect(text).toBe('a\nnote\nb\n');
  });

  test('a bar on a terminal, with notes above it', () => {
    let text = '';
    const write = (part: string) => (text += part);
    const terminal = { isTTY: true, columns: 60, write, on: () => {}, cursorTo: () => {} };
    const line = new kit.ProgressLine(terminal);
    line.update({ text: 'case x', done: 1, total: 4 });
    line.print('note');
    line.update({ text: 'case y', done: 2, total: 4 });
    line.clear();
    expect(text).toContain('████░░░░░░░░░░░░ case x');
    expect(text).toContain('note\n');
    expect(text).toContain('████████░░░░░░░░ case y');
  });
});

test('files: missing ones have no size, errors have a reason', async () => {
  const missing = join(folder, 'missing');
  expect(await kit.getFileSize(missing)).toBeNull();
  expect(await kit.nodeFiles.exists(folder)).toBe(true);
  const error = await kit.nodeFiles.readFile(missing).catch((reason: unknown) => reason);
  expect(kit.describeFileError(error)).toBe('there is no such file or folder');
});

describe.skipIf(process.platform === 'win32')('a command in a process', () => {
  let bundle: CliBundle;
  beforeAll(async () => {
    bundle = await bundleCli(join(import.meta.dirname, '..'), 'src/testing/example-cli.ts');
  });
  afterAll(() => bundle.remove());
  const run = (mode: string, signal?: NodeJS.Signals) =>
    runProcess(bundle.script, [mode], signal ? { signalAfter: { text: 'working\n', signal } } : {});

  test('an error gives one line and exit code 1', async () => {
    const result = await run('fail');
    expect([result.code, result.stderr]).toEqual([1, 'error: bad option.\n']);
  });

  test('an orderly stop ends with its own exit code', async () => {
    const result = await run('abort', 'SIGINT');
    expect([result.code, result.stderr]).toEqual([130, 'Stopped by SIGINT. All is saved.\n']);
  });

  test('a second Ctrl-C, some time after the first, ends a command that is still at work', async () => {
    const result = await runProcess(bundle.script, ['busy'], {
      onLine: (line, child) => {
        if (line === 'working') child.kill('SIGINT');
        // A signal that follows at once is an echo of the first.
        if (line === 'stopping') setTimeout(() => child.kill('SIGINT'), 500);
      },
    });
    expect([result.signal, result.stdout]).toEqual(['SIGINT', 'working\nstopping\n']);
  });

  test('an immediate stop ends by the signal', async () => {
    const result = await run('end', 'SIGTERM');
    expect([result.signal, result.stdout]).toEqual(['SIGTERM', 'working\nending by SIGTERM\n']);
  });
});
