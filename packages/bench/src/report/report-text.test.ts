// A report of a GPU, written by hand: what tables and Markdown make of it.

import { expect, test } from 'vitest';
import { summary } from '../clocks/summary.fixture.ts';
import { reportPage } from '../page/report-page.ts';
import { markdownTables } from './markdown.ts';
import { markedTables, tablesIn, withTables } from './marked-tables.ts';
import { parseReport } from './parse-report.ts';
import type { BenchReport, CaseReport, VariantReport } from './report.ts';
import { timeOverOurs } from './rows.ts';
import { terminalText } from './terminal-text.fixture.ts';

const variant = (name: string, ms: number, speedup: number, prunedShare = 0): VariantReport => ({
  name,
  gate: { isOk: true, dims: { T: 64 }, checks: [] },
  timing: {
    wallMs: summary(ms + 1),
    gpuMs: summary(ms),
    kernels: [
      { label: 'matmul[TILE_M=128]', launches: 3, ms: 0.5 * ms },
      { label: 'matmul[TILE_M=64]', launches: 1, ms: 0.25 * ms },
      { label: 'forward', launches: 1, ms: 0.25 * ms },
    ],
    speedup: summary(speedup),
    rates: { tflops: 40 / ms, gbPerSecond: 100 / ms },
    shares: { ofPeak: 0.8 / ms, ofBandwidth: 0.1 / ms, bound: 'compute' },
  },
  counts: { flops: 4e10, bytes: 1e8, dispatches: 5, peakBytes: 2 ** 20, prunedShare },
});

const caseAt = (suite: string, T: number, preset: string | null = null): CaseReport => ({
  id: `${suite} T${T}`,
  suite,
  op: `${suite}-op`,
  mode: 'forward',
  dims: { B: 1, T },
  preset,
  inputs: 'by hand',
  variants: [variant('dense', T / 1024, 1), variant('paper', T / 2048, 2, 0.7)],
});

const report: BenchReport = {
  schema: 'vulpes-bench/4',
  createdAt: '2026-01-02T03:04:05.000Z',
  timesAre: 'absolute',
  note: 'By hand.',
  refused: [],
  settings: {
    suites: ['attention'],
    runs: 20,
    warmSeconds: 1,
    maxTokens: null,
    presets: null,
    longRunMs: 500,
    caseText: null,
    adapter: 'auto',
    kernels: 'auto',
    budgetSeconds: 85,
  },
  machine: {
    adapter: { vendor: 'acme', architecture: '', device: 'one', description: 'driver 1.2' },
    isSoftware: false,
    kernels: 'gpu',
    ...{ subgroupMinSize: 32, subgroupMaxSize: 32, subgroupMatrixConfigs: [], variants: {} },
    features: { f16: false, subgroups: true, subgroupMatrix: false, timestampQuery: true },
    limits: {
      maxBufferSize: 1,
      maxStorageBufferBindingSize: 1,
      maxStorageBuffersPerShaderStage: 8,
      maxComputeWorkgroupStorageSize: 1,
      maxComputeInvocationsPerWorkgroup: 256,
      maxComputeWorkgroupsPerDimension: 65535,
    },
    toggles: ['robust'],
    notes: [],
    host: {
      runtime: 'node v20',
      platform: 'Linux',
      cpu: 'CPU',
      cores: 2,
      memoryBytes: null,
      commit: '0123456789abcdef0123456789abcdef01234567',
      isDirty: true,
    },
  },
  peaks: {
    compute: { flops: 50e9, ms: summary(1.25), launch: { threads: 1024, chains: 8 } },
    memory: { bytes: 2e9, ms: summary(1.25) },
  },
  cases: [caseAt('attention', 1024), caseAt('attention', 2048), caseAt('training', 2048, 'pro-x')],
  comparisons: [
    {
      case: 'attention T1024',
      variant: 'dense',
      runner: 'other | one',
      wallMs: summary(4),
      gpuMs: null,
      note: 'f16',
    },
  ],
  notMeasured: [
    { kind: 'left-out', runner: 'vulpes', case: 'a/forward M1', why: 'it needs 2 s' },
    { kind: 'did-not-fit', runner: 'vulpes', case: 'attention T4096', why: 'large' },
    { kind: 'left-out', runner: 'vulpes', case: 'b/forward M1', why: 'it needs 3 s' },
    { kind: 'left-out', runner: 'vulpes', case: 'a/forward M2', why: 'it needs 3 s' },
    { kind: 'left-out', runner: 'peer', case: '3 more', why: 'one stands for all' },
  ],
  notRun: { cases: [], yardsticks: [] },
  failed: 0,
  elapsedMs: 1000,
};
const software: BenchReport = { ...report, timesAre: 'ratios' };

test('Markdown: machine, a table a suite, yardsticks, what is missing', () => {
  const text = markdownTables(report, 'reports/x.json');
  expect(text).toContain(
    'acme one driver 1.2 (gpu kernels); CPU, 2 cores; 2026-01-02, commit 0123456789 with changes. Report: [reports/x.json](reports/x.json).',
  );
  expect(text).toContain(
    'Measured peaks: 50.0 TFLOP/s multiply-adds in registers (1024 threads, 8 chains each), 2000 GB/s copy.',
  );
  expect(text).toContain(
    '| attention T2048 | paper | 20 | 1.000 (0.900-1.200) | 2.000 (1.800-2.400) | 40.00 | 80 % * | 10 % | 2.00× | 30.0 % |',
  );
  expect(text).toContain(
    '| attention T1024 | dense | other \\| one | 20 | 4.000 (3.600-4.800) | - | 2.00× wall | f16 |',
  );
  expect(text.split('\n\n').at(-1)).toBe(
    '- vulpes, 3 cases left out by the time budget of 85 s: 2 a/forward, 1 b/forward\n- vulpes, attention T4096: did not fit: large\n- peer, 3 more: left out: one stands for all',
  );
});

test('a runner with a GPU clock is held against our GPU time, whoever stands beside it', () => {
  const [row] = report.comparisons;
  const ours = { ...row!, runner: 'vulpes', wallMs: summary(100) };
  const torch = { ...row!, runner: 'torch', wallMs: summary(9), gpuMs: summary(3) };
  const text = markdownTables({ ...report, comparisons: [ours, row!, torch] }, 'x.json');
  expect(text).toContain('| other \\| one | 20 | 4.000 (3.600-4.800) | - | 0.04× wall | f16 |');
  expect(text).toContain('| torch | 20 | 9.000 (8.100-10.800) | 3.000 (2.700-3.600) | 3.00× GPU |');
});

test('a ratio from turns is printed as told, with its spread, whatever the medians say', () => {
  const [row] = report.comparisons;
  const ours = { ...row!, runner: 'vulpes', wallMs: summary(100) };
  const turns = { ...row!, runner: 'peer', timeOverOurs: summary(3) };
  const text = markdownTables({ ...report, comparisons: [ours, turns] }, 'x.json');
  expect(text).toContain('| peer | 20 | 4.000 (3.600-4.800) | - | 3.00× (2.70-3.60) wall | f16 |');
  expect(timeOverOurs(turns, report)).toEqual({ ratio: 3, clock: 'wall' });
});

test('what cut the cases down stands in the head, as the options that say so', async () => {
  const cut = { caseText: 'T1', maxTokens: 4096, presets: ['pro-x', 'pro-y'] };
  const asked = {
    ...report,
    settings: { ...report.settings, ...cut, adapter: 'software' } as const,
  };
  const options = '--case T1 --max-tokens 4096 --preset pro-x,pro-y --adapter software';
  expect(markdownTables(asked, 'x.json')).toContain(`\nAsked for: \`${options}\`.\n`);
  expect(markdownTables(report, 'x.json')).not.toContain('Asked for');
  const rowOf = async (given: BenchReport) =>
    />asked for<\/td><td[^>]*>([^<]*)</.exec(await reportPage(given))?.[1];
  expect(await rowOf(asked)).toBe(`--suite attention ${options}`);
  expect(await rowOf(report)).toBe('--suite attention');
});

test('a run that was ended early says what it did not come to', async () => {
  const notRun = {
    cases: ['a/forward M1', 'b/forward M1', 'a/forward M2'],
    yardsticks: ['tfjs, jax-js'],
  };
  const early = { ...report, notRun };
  const line = 'the run was ended early, before the end of 2 a/forward, 1 b/forward, tfjs, jax-js';
  for (const text of [markdownTables(early, 'x.json'), terminalText(early)]) {
    expect(text).toContain(line);
  }
  const page = await reportPage(early);
  for (const id of [...notRun.cases, 'all']) {
    const row = `<td>${id}</td><td class="text">the run was ended before its end</td>`;
    expect(page.includes(row), row).toBe(true);
  }
});

test('a software report makes no absolute claim', () => {
  for (const text of [markdownTables(software, 'x.json'), terminalText(software)]) {
    expect(text).not.toMatch(/TFLOP|GB\/s|\d ms/);
    expect(text).toContain('80 %');
  }
});

test('work above the measured peak tells of a wrong peak, in words', () => {
  const withShares = (...shares: number[]): BenchReport => ({
    ...report,
    cases: shares.map((ofPeak) => {
      const one = variant('dense', 1, 1);
      const timing = { ...one.timing, shares: { ofPeak, ofBandwidth: 3, bound: 'compute' } };
      return { ...caseAt('attention', 1024), variants: [{ ...one, timing } as VariantReport] };
    }),
  });
  const texts = (given: BenchReport) => [terminalText(given), markdownTables(given, 'x.json')];
  for (const text of texts(withShares(1, 0.9))) expect(text).not.toContain('peak is too low');
  for (const text of texts(withShares(1.01, 0.9)))
    expect(text).toContain(
      '1 variant is above the measured peak (up to 101 % of it): the peak is too low on this adapter, so every share of it is too high.',
    );
  for (const text of texts(withShares(1.01, 1.14)))
    expect(text).toContain('2 variants are above the measured peak (up to 114 % of it)');
});

test('what a variant counted of its own has a column', () => {
  const own = {
    cache: { keptBytes: 10 * 1024, peakBytes: 20 * 1024, fullBytes: 40 * 1024 },
    droppedMass: 0,
  };
  const [first] = report.cases;
  const [dense, paper] = first?.variants ?? [];
  const counted = { ...paper, counts: { ...paper?.counts, ...own } } as VariantReport;
  const cases = [{ ...first, variants: [dense, counted] } as CaseReport];
  const text = markdownTables({ ...report, cases }, 'x.json');
  expect(text).toContain('| blocks kept | also counted |');
  expect(text).toContain('| 30.0 % | cache 10 of 40 KiB; dropped 0.0e+0 at most |');
  expect(text).toContain('| 100.0 % |  |');
  const terminal = terminalText({ ...report, cases });
  expect(terminal).toMatch(/30\.0 % +cache 10 of 40 KiB; dropped 0\.0e\+0 at most$/m);
});

test('a report of schema 3 says the kind of what is missing by how its reason begins', () => {
  const missing = [
    ['left out by the time budget of 8.5 s: it needs about 2 s', 'left-out', 'it needs about 2 s'],
    ['did not fit: failed: large', 'did-not-fit', 'failed: large'],
    ['failed: broken: by a test.', 'failed', 'broken: by a test.'],
    ['it has no such work', 'unsupported', 'it has no such work'],
  ] as const;
  const { caseText, adapter, kernels, longRunMs, ...settings } = report.settings;
  const { notRun, ...others } = report;
  const written = missing.map(([why]) => ({ runner: 'vulpes', case: 'a', why }));
  const old = { ...others, schema: 'vulpes-bench/3', settings, notMeasured: written };
  const read = parseReport(JSON.stringify(old), 'old.json');
  expect(read.notMeasured.map(({ kind, why }) => [kind, why])).toEqual(
    missing.map(([, ...told]) => told),
  );
  expect(read.notRun).toEqual({ cases: [], yardsticks: [] });
  const untold = { caseText: null, adapter: null, kernels: null, longRunMs: null };
  expect(read.settings).toEqual({ ...settings, ...untold });
});

test('a report keeps its place in a document', () => {
  const old = 'Before.\n\n<!-- bench a.json -->\nold\n<!-- /bench -->\n\nAfter.\n';
  const fresh = withTables(old, report, 'a.json');
  expect(fresh).toBe(`Before.\n\n${markedTables(report, 'a.json')}\n\nAfter.\n`);
  expect(withTables(fresh, report, 'a.json')).toBe(fresh);
  const both = withTables(fresh, report, 'b.json');
  expect(tablesIn(both).map(({ path }) => path)).toEqual(['a.json', 'b.json']);
  expect(both.startsWith(fresh.trimEnd())).toBe(true);
});

test('a document whose lines end in CRLF keeps one block, and its line ends', () => {
  const old = 'Before.\r\n<!-- bench a.json -->\r\nold\r\n<!-- /bench -->\r\nAfter.\r\n';
  const fresh = withTables(old, report, 'a.json');
  expect(withTables(fresh, report, 'a.json')).toBe(fresh);
  expect(fresh).not.toMatch(/[^\r]\n/);
  expect(fresh).toMatch(
    /^Before\.\r\n<!-- bench a\.json -->[\s\S]*<!-- \/bench -->\r\nAfter\.\r\n$/,
  );
  expect(tablesIn(fresh)).toEqual([{ path: 'a.json', block: markedTables(report, 'a.json') }]);
});

test('prose may speak of the markers', () => {
  const prose = 'Between `<!-- bench REPORT -->` and `<!-- /bench -->`.\n';
  expect(tablesIn(prose)).toEqual([]);
  expect(withTables(prose, report, 'a.json').startsWith(prose)).toBe(true);
});

test.each([
  ['<!-- bench a.json -->\nold\n\nText.\n\n<!-- bench b.json -->\nx\n<!-- /bench -->\n', 1],
  ['Text.\n<!-- bench a.json -->\nold\n', 2],
  ['Text.\n\n<!-- /bench -->\n', 3],
])('a marker without its other one loses no text: %j', (document, line) => {
  expect(() => withTables(document, report, 'a.json')).toThrow(
    new RegExp(`^bench tables: expected markers in pairs, .*, got line ${line} without .*\\.$`),
  );
});

test('a path that a marker cannot name', () => {
  expect(() => withTables('', report, 'my report.json')).toThrow(
    /^bench tables: expected a path without blanks, .*'my report\.json'\. .*\.$/,
  );
});

test.each([
  [{}, 'createdAt (string), got none'],
  [{ ...report, cases: undefined }, 'cases (list), got none'],
  [{ ...report, notMeasured: {} }, 'notMeasured (list), got object'],
  [{ ...report, machine: { adapter: {} } }, 'machine.host (object), got none'],
  [{ ...report, cases: [null] }, 'cases.0.id (string), got none'],
  [{ ...report, cases: [{ id: 'a' }] }, 'cases.0.variants (list), got none'],
])('a report that lacks a field: %#', (cut, told) => {
  const json = JSON.stringify({ ...cut, schema: 'vulpes-bench/3' });
  expect(() => parseReport(json, 'x.json')).toThrow(`bench: expected x.json to have ${told}. `);
});

test('a file that is no report of this version', () => {
  expect(() => parseReport('{', 'x.json')).toThrow(/^bench: x\.json is no JSON\./);
  expect(() => parseReport('null', 'x.json')).toThrow('got none');
  expect(() => parseReport('{"schema":"vulpes-bench/1"}', 'x.json')).toThrow(
    'bench: expected x.json to be a report of schema vulpes-bench/4, got "vulpes-bench/1". Make it anew with this version.',
  );
  expect(parseReport(JSON.stringify(report), 'x.json')).toEqual(report);
});

test('a report of schema 2, which only counted what was refused, says by its gates what that was', () => {
  const [first, ...others] = report.cases as [CaseReport];
  const gate = {
    isOk: false,
    dims: { T: 64 },
    checks: [{ output: 'out', rmsErrorRatio: 0.5, maxAbsError: 1, bound: 1e-5, isOk: false }],
  };
  const wrong: VariantReport = { name: 'wrong', gate, timing: null, counts: null };
  const cases = [{ ...first, variants: [...first.variants, wrong] }, ...others];
  const old = JSON.stringify({ ...report, schema: 'vulpes-bench/2', cases, refused: 1 });
  expect(parseReport(old, 'old.json')).toEqual({
    ...report,
    cases,
    refused: [
      {
        case: 'attention T1024',
        variant: 'wrong',
        output: 'out',
        rmsErrorRatio: 0.5,
        bound: 1e-5,
      },
    ],
  });
});
