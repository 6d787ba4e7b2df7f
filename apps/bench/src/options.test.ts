import { chooseCases, suiteNames } from '@vulpes/bench';
import { createDevice } from '@vulpes/tensor-core';
import { afterEach, expect, test, vi } from 'vitest';
import { parseArguments } from './options.ts';

const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
const stdout = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
afterEach(() => vi.clearAllMocks());

test('by default every suite, and nothing chosen', () => {
  const given = parseArguments([]);
  expect(given.filter).toMatchObject({ suites: suiteNames, presets: null });
  expect(given).toMatchObject({ peaks: true, compare: [] });
});

test('names by comma and by space, each once', () => {
  const given = parseArguments(
    '--suite pruning,matmul pruning --preset pro-125m,pro-360m --compare tfjs,pytorch'.split(' '),
  );
  expect(given.filter.suites).toEqual(['pruning', 'matmul']);
  expect(given.filter.presets).toEqual(['pro-125m', 'pro-360m']);
  expect(given.compare).toEqual(['tfjs', 'pytorch']);
});

test('forced variants add up, and exist', () => {
  const given = parseArguments('--variant matmul=tiled --variant scalar'.split(' '));
  expect(given.variants).toEqual(['matmul=tiled', 'scalar']);
  expect(() => parseArguments(['--variant', 'matmul=fast'])).toThrow(
    /expected a variant of matmul \(.*scalar, tiled\), got 'fast'/,
  );
});

test.each([
  '--runs 0',
  '--budget-seconds 0',
  '--json no/such/folder/report.json',
  '--json .',
  '--compare pytorch --fox-path /no/fox',
  '--suite ,',
  '--suite speed',
  '--compare cuda',
  '--fast',
  'matmul',
  '--adapter quantum',
])('%s is an error that names the option', (text) => {
  expect(() => parseArguments(text.split(' '))).toThrow(expect.objectContaining({ exitCode: 1 }));
  expect(stderr.mock.calls.join('')).toMatch(/^error: /);
});

test.each(['--fox-path .', '--compare tfjs --python python3'])('%s is an error', (text) => {
  expect(() => parseArguments(text.split(' '))).toThrow(/^bench: .*\.$/);
});

test('--help has lines of 80 characters, and names each variant with its suite', async () => {
  const { caps } = await createDevice();
  expect(() => parseArguments(['--help'])).toThrow(expect.objectContaining({ exitCode: 0 }));
  const text = stdout.mock.calls.join('');
  for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
  const all = { suites: suiteNames, presets: null, caseText: null };
  for (const { suite, variants } of chooseCases(caps, all)) {
    if (variants.length === 1) continue;
    const [, lines = ''] = new RegExp(`^  ${suite}\\n((?: {4}.*\\n)*)`, 'm').exec(text) ?? [];
    for (const { name } of variants) expect(lines.split(/[^\w-]+/)).toContain(name);
  }
});
