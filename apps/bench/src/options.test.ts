import { suiteNames } from '@vulpes/bench';
import { afterEach, expect, test, vi } from 'vitest';
import { parseArguments } from './options.ts';

const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
const stdout = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
afterEach(() => vi.clearAllMocks());

test('by default: every suite, no file, as many runs as suit the adapter', () => {
  vi.stubEnv('FOX_ADAPTER', undefined);
  vi.stubEnv('FOX_KERNELS', undefined);
  expect(parseArguments([])).toEqual({
    suites: suiteNames,
    out: null,
    runs: null,
    adapter: 'auto',
    kernels: 'auto',
  });
  vi.unstubAllEnvs();
});

test('several suites, each once', () => {
  const { suites } = parseArguments(['--suite', 'boundary', 'matmul', 'boundary', '--runs', '7']);
  expect(suites).toEqual(['boundary', 'matmul']);
});

test('an unknown suite', () => {
  expect(() => parseArguments(['--suite', 'speed'])).toThrow(
    "bench: there is no suite 'speed'; the",
  );
});

test.each([
  { argv: ['--runs', '0'], message: 'whole number from 1' },
  { argv: ['--runs', '2.5'], message: 'whole number from 1' },
  { argv: ['--runs', 'many'], message: 'whole number from 1' },
  { argv: ['--out', 'no/such/folder/report.json'], message: 'There is no folder' },
  { argv: ['--out', '.'], message: 'It is a folder' },
  { argv: ['--fast'], message: "unknown option '--fast'" },
  { argv: ['matmul'], message: 'too many arguments' },
  { argv: ['--adapter', 'quantum'], message: 'Allowed choices are auto, hardware, software' },
])('$argv is refused in one sentence', ({ argv, message }) => {
  expect(() => parseArguments(argv)).toThrow(expect.objectContaining({ exitCode: 1 }));
  expect(stderr.mock.calls.join('')).toContain(message);
});

test('--help explains every option', () => {
  expect(() => parseArguments(['--help'])).toThrow(expect.objectContaining({ exitCode: 0 }));
  const text = stdout.mock.calls.join('');
  for (const word of [
    '--suite',
    '--out',
    '--runs',
    '--adapter',
    '--kernels',
    'boundary',
    'Exit code',
  ])
    expect(text).toContain(word);
});
