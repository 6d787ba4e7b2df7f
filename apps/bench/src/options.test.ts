import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chooseCases, suiteNames } from '@vulpes/bench';
import { createDevice } from '@vulpes/tensor-core';
import { afterEach, expect, test, vi } from 'vitest';
import { parseArguments } from './options.ts';

const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
const stdout = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
afterEach(() => vi.clearAllMocks());

test('by default: every suite, all cases, as long and as often as suits the adapter', () => {
  vi.stubEnv('FOX_ADAPTER', undefined);
  vi.stubEnv('FOX_KERNELS', undefined);
  expect(parseArguments([])).toEqual({
    suites: suiteNames,
    maxTokens: null,
    presets: null,
    caseText: null,
    budgetSeconds: null,
    runs: null,
    hasPeaks: true,
    json: null,
    html: null,
    adapter: 'auto',
    kernels: 'auto',
    compare: [],
    python: undefined,
    foxPath: null,
  });
  vi.unstubAllEnvs();
});

test('names by comma and by space, each once', () => {
  const given = parseArguments(
    '--suite boundary,matmul boundary --preset pro-125m,pro-360m --compare tfjs,pytorch'.split(' '),
  );
  expect(given.suites).toEqual(['boundary', 'matmul']);
  expect(given.presets).toEqual(['pro-125m', 'pro-360m']);
  expect(given.compare).toEqual(['tfjs', 'pytorch']);
});

test.each([
  {
    argv: ['--suite', 'speed'],
    message: "bench: there is no suite 'speed'; the suites are matmul",
  },
  {
    argv: ['--compare', 'cuda'],
    message: "bench: there is no yardstick 'cuda'; the yardsticks are",
  },
])('$argv is refused in one sentence', ({ argv, message }) => {
  expect(() => parseArguments(argv)).toThrow(message);
});

test.each([
  { argv: ['--runs', '0'], message: 'whole number from 1' },
  { argv: ['--runs', '2.5'], message: 'whole number from 1' },
  { argv: ['--runs', 'many'], message: 'whole number from 1' },
  { argv: ['--max-tokens', '-1'], message: 'whole number from 1' },
  { argv: ['--budget-seconds', '0'], message: 'a number above 0' },
  { argv: ['--json', 'no/such/folder/report.json'], message: 'There is no folder' },
  { argv: ['--html', '.'], message: 'It is a folder' },
  { argv: ['--case', ' '], message: 'It is empty' },
  { argv: ['--compare', 'pytorch', '--python', ''], message: 'It is empty' },
  { argv: ['--compare', 'pytorch', '--fox-path', ''], message: 'It is empty' },
  {
    argv: ['--compare', 'pytorch', '--fox-path', '/no/fox'],
    message: 'There is no folder /no/fox',
  },
  { argv: ['--compare', ','], message: 'It names nothing' },
  { argv: ['--suite', ''], message: 'It names nothing' },
  { argv: ['--preset', ''], message: 'It names nothing' },
  { argv: ['--fast'], message: "unknown option '--fast'" },
  { argv: ['matmul'], message: 'too many arguments' },
  { argv: ['--adapter', 'quantum'], message: 'Allowed choices are auto, hardware, software' },
])('$argv is refused', ({ argv, message }) => {
  expect(() => parseArguments(argv)).toThrow(expect.objectContaining({ exitCode: 1 }));
  expect(stderr.mock.calls.join('')).toContain(message);
});

test.each(['--python python3', '--fox-path .', '--compare tfjs --python python3'])(
  '%s without --compare pytorch is refused',
  (text) => {
    expect(() => parseArguments(text.split(' '))).toThrow(
      /^bench: expected --compare pytorch with --(python|fox-path), which does nothing without it\. .*\.$/,
    );
  },
);

test('where one file is named the other goes beside it; both in one are refused', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vulpes-beside-'));
  const at = (name: string): string => join(folder, name);
  const filesOf = (...argv: string[]) => {
    const { json, html } = parseArguments(argv);
    return { json, html };
  };
  expect(filesOf('--json', at('x.json'))).toEqual({ json: at('x.json'), html: at('x.html') });
  expect(filesOf('--html', at('x.html'))).toEqual({ json: at('x.json'), html: at('x.html') });
  expect(filesOf('--json', at('x.html'))).toEqual({ json: at('x.html'), html: at('x.html.html') });
  expect(() => filesOf('--json', at('x'), '--html', at('x'))).toThrow(
    /^bench: expected two files, got .*x for both, .*\.$/,
  );
  writeFileSync(at('real.json'), '');
  symlinkSync(at('real.json'), at('link.html'));
  expect(() => filesOf('--json', at('real.json'))).not.toThrow();
  expect(() => filesOf('--json', at('real.json'), '--html', at('link.html'))).toThrow(
    'expected two files',
  );
  mkdirSync(at('y.html'));
  expect(() => filesOf('--json', at('y.json'))).toThrow(
    /^bench: expected to write .*y\.html beside .*y\.json\. It is a folder; .* with --html\.$/,
  );
  rmSync(folder, { recursive: true });
});

test('a report file is tried before anything is measured, and left as it was', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vulpes-options-'));
  const [fresh, old] = [join(folder, 'fresh.json'), join(folder, 'old.html')];
  writeFileSync(old, 'as it was');
  expect(parseArguments(['--json', fresh, '--html', old])).toMatchObject({
    json: fresh,
    html: old,
  });
  expect(readdirSync(folder)).toEqual(['old.html']);
  expect(readFileSync(old, 'utf8')).toBe('as it was');
  rmSync(folder, { recursive: true });
});

// Root may write into every folder but this one.
test.skipIf(process.platform !== 'linux')('a folder that nobody can write into', () => {
  for (const option of ['--json', '--html']) {
    expect(() => parseArguments([option, '/proc/report'])).toThrow(
      expect.objectContaining({ exitCode: 1 }),
    );
    expect(stderr.mock.calls.join('')).toMatch(
      new RegExp(`option '${option} <file>' .*It cannot be written \\(E.*\\)\\.`),
    );
  }
});

test('--help explains every option and suite', () => {
  expect(() => parseArguments(['--help'])).toThrow(expect.objectContaining({ exitCode: 0 }));
  const text = stdout.mock.calls.join('');
  const options =
    '--suite --preset --max-tokens --case --budget-seconds --runs --no-peaks --json --html --compare --adapter --kernels';
  for (const word of [
    ...options.split(' '),
    'Exit code',
    'bench tables',
    'bench page',
    'bench compare',
  ])
    expect(text).toContain(word);
  for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
});

test('--help tells of each suite, by name, every variant that it has on any adapter', async () => {
  const { caps } = await createDevice();
  expect(() => parseArguments(['--help'])).toThrow();
  const text = stdout.mock.calls.join('').split('\nSuites:\n')[1] ?? '';
  const all = { suites: suiteNames, maxTokens: null, presets: null, caseText: null };
  const cases = [true, false].flatMap((isSoftware) => chooseCases({ ...caps, isSoftware }, all));
  for (const { suite, variants } of cases) {
    const [, said = ''] = new RegExp(`^  ${suite} +(.*\\n(?: {4,}.*\\n)*)`, 'm').exec(text) ?? [];
    for (const { name } of variants) expect(said.split(/[^\w-]+/).join(' ')).toContain(name);
  }
});
