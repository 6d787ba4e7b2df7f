// The cells of every table against numbers written by hand, each with digits of its own: a wrong unit, an inverted ratio or a swapped cell shows.

import { expect, test } from 'vitest';
import type { Summary } from '../clocks/statistics.ts';
import { summary } from '../clocks/summary.fixture.ts';
import type { Measurement } from './measurement.ts';
import type { BenchReport, CaseReport, VariantReport } from './report.ts';
import { comparisonTable, suiteTables } from './rows.ts';
import { formatCase } from './table.ts';

const told = (median: number, p10: number, p90: number): Summary =>
  summary(median, { runs: 17, p10, p90, min: p10 / 2 });

const green = (error: number) => ({
  isOk: true,
  dims: { T: 64 },
  checks: [
    { output: 'out', rmsErrorRatio: error, maxAbsError: 1, bound: 1e-3, isOk: true },
    { output: 'dq', rmsErrorRatio: error / 10, maxAbsError: 1, bound: 1e-3, isOk: true },
  ],
});

const dense: VariantReport = {
  name: 'dense',
  gate: green(2.5e-7),
  timing: {
    wallMs: told(22.5, 21.25, 24.75),
    gpuMs: told(19.5, 18.25, 20.75),
    kernels: [],
    speedup: told(1, 1, 1),
    rates: { tflops: 3.25, gbPerSecond: 41 },
    shares: { ofPeak: 0.72, ofBandwidth: 0.13, bound: 'compute' },
  },
  counts: { flops: 6.125e9, bytes: 1e8, dispatches: 3, peakBytes: 1.5 * 2 ** 20, prunedShare: 0 },
};
const paper: VariantReport = {
  name: 'paper',
  gate: green(0),
  timing: {
    wallMs: told(12.6, 11.25, 14.75),
    gpuMs: told(8.2504, 8.1254, 9.5004),
    kernels: [],
    speedup: told(2.36, 2.12, 2.63),
    rates: { tflops: 1.5, gbPerSecond: 376 },
    shares: { ofPeak: 0.41, ofBandwidth: 0.62, bound: 'memory' },
  },
  counts: {
    flops: 5.25e9,
    bytes: 1e8,
    dispatches: 7,
    peakBytes: 3.5 * 2 ** 20,
    prunedShare: 0.375,
  },
};
const wrong: VariantReport = {
  name: 'wrong',
  gate: {
    isOk: false,
    dims: { T: 64 },
    checks: [
      { output: 'out', rmsErrorRatio: 0.25, maxAbsError: 1, bound: 1e-3, isOk: false },
      { output: 'dq', rmsErrorRatio: null, maxAbsError: null, bound: 1e-3, isOk: false },
    ],
  },
  timing: null,
  counts: null,
};
const oneCase: CaseReport = {
  id: 'a/forward T64',
  suite: 'attention',
  op: 'a',
  mode: 'forward',
  dims: { B: 1, T: 64 },
  preset: null,
  inputs: 'by hand',
  variants: [dense, paper, wrong],
};

/** Cells of a terminal's line: columns stand two blanks apart. */
const cells = (text: string): string[][] =>
  text
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/ {2,}/));

const REFUSED = 'REFUSED: out 2.5e-1 > 0.001, dq not comparable > 0.001';

test('a case on a terminal, in absolute times', () => {
  expect(cells(formatCase(oneCase, true))).toEqual([
    [
      ...['variant', 'check', 'runs', 'GPU ms (p10-p90)', 'wall ms (p10-p90)', 'TFLOP/s'],
      ...['of peak', 'of bandwidth', 'speed-up', 'blocks kept'],
    ],
    [
      ...['dense', 'ok 2.5e-7', '17', '19.5 (18.3-20.8)', '22.5 (21.3-24.8)', '3.25'],
      ...['72 % *', '13 %', '1.00×', '100.0 %'],
    ],
    [
      ...['paper', 'ok exact', '17', '8.250 (8.125-9.500)', '12.6 (11.3-14.8)', '1.50'],
      ...['41 %', '62 % *', '2.36×', '62.5 %'],
    ],
    ['wrong', REFUSED],
  ]);
});

test('a case on a terminal, in ratios', () => {
  expect(cells(formatCase(oneCase, false))).toEqual([
    [
      ...['variant', 'check', 'runs', 'speed-up (p10-p90)', 'of peak', 'of bandwidth'],
      ...['GFLOP', 'launches', 'peak MiB', 'blocks kept'],
    ],
    [
      ...['dense', 'ok 2.5e-7', '17', '1.00× (1.00-1.00)', '72 % *', '13 %'],
      ...['6.125', '3', '1.5', '100.0 %'],
    ],
    [
      ...['paper', 'ok exact', '17', '2.36× (2.12-2.63)', '41 %', '62 % *'],
      ...['5.250', '7', '3.5', '62.5 %'],
    ],
    ['wrong', REFUSED],
  ]);
});

/** What the tables take of a report. */
const reportOf = (
  timesAre: BenchReport['timesAre'],
  comparisons: readonly Measurement[] = [],
): BenchReport => ({ timesAre, cases: [oneCase], comparisons }) as unknown as BenchReport;

test('a suite in Markdown and on the page', () => {
  const tableOf = (timesAre: BenchReport['timesAre']) => {
    const { columns = [], rows = [] } = suiteTables(reportOf(timesAre))[0]?.table ?? {};
    return rows.map((row) => Object.fromEntries(row.map((cell, at) => [columns[at], cell])));
  };
  expect(tableOf('absolute')[1]).toEqual({
    case: 'a/forward T64',
    variant: 'paper',
    runs: '17',
    'GPU ms (p10-p90)': '8.250 (8.125-9.500)',
    'wall ms (p10-p90)': '12.6 (11.3-14.8)',
    'TFLOP/s': '1.50',
    'of peak': '41 %',
    'of bandwidth': '62 % *',
    'speed-up': '2.36×',
    'blocks kept': '62.5 %',
  });
  expect(tableOf('ratios')[1]).toEqual({
    case: 'a/forward T64',
    variant: 'paper',
    runs: '17',
    'speed-up (p10-p90)': '2.36× (2.12-2.63)',
    'of peak': '41 %',
    'of bandwidth': '62 % *',
    GFLOP: '5.250',
    launches: '7',
    'peak MiB': '3.5',
    'blocks kept': '62.5 %',
  });
  for (const timesAre of ['absolute', 'ratios'] as const) {
    const [first, , last] = tableOf(timesAre);
    expect(first).toMatchObject({ 'of peak': '72 % *', 'of bandwidth': '13 %' });
    expect(last).toMatchObject({ variant: 'wrong', runs: 'refused: wrong', 'of peak': '' });
  }
});

test('a case of one variant has no speed-up', () => {
  const alone = { ...oneCase, variants: [paper] };
  expect(cells(formatCase(alone, true))[1]?.[8]).toBe('-');
  expect(cells(formatCase(alone, false))[1]?.[3]).toBe('-');
});

test('a yardstick: its time over ours, above 1 where ours is faster', () => {
  const row = (runner: string, wallMs: Summary, gpuMs: Summary | null): Measurement => ({
    case: oneCase.id,
    variant: 'paper',
    runner,
    wallMs,
    gpuMs,
  });
  const slow = row('slow', told(63, 61.5, 65.25), null);
  const fast = row('fast', told(99, 98, 101), {
    ...told(4.1252, 4, 5),
    runs: 12,
  });
  const tableOf = (...given: Parameters<typeof reportOf>) =>
    comparisonTable(reportOf(...given))?.rows.map((cellsOf) => cellsOf.slice(2, 7));
  expect(tableOf('absolute', [slow, fast])).toEqual([
    ['slow', '17', '63.0 (61.5-65.3)', '-', '5.00× wall'], // 63 / 12.6
    ['fast', '17 / 12', '99.0 (98.0-101.0)', '4.125 (4.000-5.000)', '0.50× GPU'], // 4.1252 / 8.2504
  ]);
  expect(tableOf('ratios', [slow])).toEqual([['slow', '17', '-', '-', '5.00× wall']]);
});
