// The cells of every table against numbers written by hand: a wrong unit, an inverted ratio or a swapped cell shows.

import { expect, test } from 'vitest';
import { summary } from '../timing/summary.fixture.ts';
import { listNotMeasured } from './not-measured.ts';
import { dense, exampleCase, exampleReport, paper, wrong } from './report.fixture.ts';
import type { BenchReport, Measurement, Summary } from './report.ts';
import { comparisonTable, suiteTables } from './rows.ts';
import { formatCase } from './table.ts';

const oneCase = { ...exampleCase, variants: [dense, paper, wrong] };

/** Cells of a terminal's line: columns stand two blanks apart. */
const cells = (text: string): string[][] =>
  text
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/ {2,}/));

const FAILED = 'FAILED: out 2.5e-1 > 0.001, dq not comparable > 0.001';

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
    ['wrong', FAILED],
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
    ['wrong', FAILED],
  ]);
});

const reportWith = (
  timesAre: BenchReport['timesAre'],
  comparisons: readonly Measurement[] = [],
): BenchReport => ({ ...exampleReport, timesAre, cases: [oneCase], comparisons });

test('a suite in Markdown and on the page', () => {
  const tableOf = (timesAre: BenchReport['timesAre']) => {
    const { columns = [], rows = [] } = suiteTables(reportWith(timesAre))[0]?.table ?? {};
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
    expect(last).toMatchObject({ variant: 'wrong', runs: 'check failed', 'of peak': '' });
  }
});

test('a case of one variant has no speed-up', () => {
  const alone = { ...oneCase, variants: [paper] };
  expect(cells(formatCase(alone, true))[1]?.[8]).toBe('-');
  expect(cells(formatCase(alone, false))[1]?.[3]).toBe('-');
});

test('a baseline: its time over ours, above 1 where ours is faster', () => {
  const row = (runner: string, wallMs: Summary, gpuMs: Summary | null): Measurement => ({
    case: oneCase.id,
    variant: 'paper',
    runner,
    wallMs,
    gpuMs,
  });
  const slow = row('slow', summary(63, { runs: 17, p10: 61.5, p90: 65.25 }), null);
  const fast = row(
    'fast',
    summary(99, { runs: 17, p10: 98, p90: 101 }),
    summary(4.1252, { runs: 12, p10: 4, p90: 5 }),
  );
  const tableOf = (...given: Parameters<typeof reportWith>) =>
    comparisonTable(reportWith(...given))?.rows.map((cellsOf) => cellsOf.slice(2, 7));
  expect(tableOf('absolute', [slow, fast])).toEqual([
    ['slow', '17', '63.0 (61.5-65.3)', '-', '5.00× wall'], // 63 / 12.6
    ['fast', '17 / 12', '99.0 (98.0-101.0)', '4.125 (4.000-5.000)', '0.50× GPU'], // 4.1252 / 8.2504
  ]);
  expect(tableOf('ratios', [slow])).toEqual([['slow', '17', '-', '-', '5.00× wall']]);
});

test('times from turns, and GPU time against our GPU time', () => {
  const row = { case: oneCase.id, variant: 'paper', runner: 'other', gpuMs: null };
  const turns = { ...row, wallMs: summary(4), timeOverOurs: summary(3) };
  const ours = { ...row, runner: 'vulpes', wallMs: summary(100) };
  const torch = { ...row, wallMs: summary(9), gpuMs: summary(16.5008) };
  const cells = comparisonTable(reportWith('absolute', [ours, turns, torch]))?.rows;
  expect(cells?.map((row) => row[6])).toEqual(['-', '3.00× (2.70-3.60) wall', '2.00× GPU']);
});

test('what a variant counted besides has a column', () => {
  const cache = { keptBytes: 10 * 1024, peakBytes: 20 * 1024, fullBytes: 40 * 1024 };
  const counts = { ...paper.counts!, cache, droppedMass: 2e-5, keptBlocks: 3 };
  const first = { ...dense, counts: { ...dense.counts!, keptBlocks: 4 } };
  const cases = [{ ...exampleCase, variants: [first, { ...paper, counts }] }];
  const { columns, rows } = suiteTables({ ...exampleReport, cases })[0]!.table;
  expect(columns.at(-1)).toBe('also counted');
  expect(rows.map((row) => row.at(-1))).toEqual([
    '',
    'cache 10 of 40 KiB; dropped 2.0e-5 at most; 0.750 of the blocks of dense',
  ]);
});

test('what was not measured: one line for the time budget, one for each other case', () => {
  const entry = (kind: 'left-out' | 'did-not-fit', id: string, runner = 'vulpes') =>
    ({ kind, runner, case: id, why: 'large' }) as const;
  const report = {
    ...exampleReport,
    notMeasured: [
      entry('left-out', 'a/forward M1'),
      entry('did-not-fit', 'c T4096'),
      entry('left-out', 'b/forward M1'),
      entry('left-out', 'a/forward M2'),
      entry('left-out', '3 more', 'other'),
    ],
  };
  expect(listNotMeasured(report)).toEqual([
    'vulpes, 3 cases left out by the time budget of 85 s: 2 a/forward, 1 b/forward',
    'vulpes, c T4096: did not fit: large',
    'other, 3 more: left out: large',
  ]);
});
