// The page of every stored report, and the numbers behind its charts.

import { readdirSync, readFileSync } from 'node:fs';
import { escapeText, lineChart } from '@vulpes/charts';
import { describe, expect, test } from 'vitest';
import { parseReport } from '../report/parse-report.ts';
import type { BenchReport, CaseReport, VariantReport } from '../report/report.ts';
import { timeOverOurs } from '../report/rows.ts';
import type { Summary } from '../schema.ts';
import { summary } from '../timing/summary.fixture.ts';
import { baselineChart } from './baselines.ts';
import { reportPage } from './report-page.ts';
import { groupByLength, speedCharts } from './speed.ts';
import { byKernel, stepTimeChart } from './step-time.ts';

const FOLDER = new URL('../../../../docs/reports/', import.meta.url);
const MEGABYTE = 1_000_000;

const reports = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.json'))
  .map((name) => [name, readFileSync(new URL(name, FOLDER), 'utf8')] as const)
  .filter(([, json]) => JSON.parse(json).schema !== 'vulpes-bench/1')
  .map(([name, json]) => [name, parseReport(json, name)] as [string, BenchReport]);

const pick = (isWanted: (report: BenchReport) => boolean): BenchReport =>
  reports.find(([, report]) => isWanted(report))?.[1] ?? expect.fail('no such report is stored');

const onGpu = pick(({ timesAre }) => timesAre === 'absolute');
const withBaselines = pick(({ comparisons }) => comparisons.length > 0);

describe.each(reports)('%s', (_, report) => {
  test('the page names every suite, case and baseline; it is small and fetches nothing', async () => {
    const page = await reportPage(report);
    expect(page.length).toBeLessThan(MEGABYTE);
    expect(page).not.toMatch(/<script|<link|@import|url\(|(?:href|src)="(?!data:)/);
    if (report.timesAre === 'ratios') expect(page).not.toMatch(/FLOP\/s|GB\/s|\d ms/);
    for (const { suite, id } of report.cases) {
      expect(page).toContain(`<h2>Suite ${suite}</h2>`);
      expect(page).toContain(`>${escapeText(id)}</td>`);
    }
    for (const { runner } of report.comparisons) expect(page).toContain(`>${runner}</td>`);
    expect(page).toContain(escapeText(report.machine.adapter.description));
  });

  test('each variant has a line in each chart of its cases', () => {
    const charts = speedCharts(report);
    for (const { name, cases } of groupByLength(report.cases)) {
      const names = cases[0]?.variants.map((variant) => variant.name);
      const own = charts.filter(({ title }) => title.endsWith(` ${name}`));
      expect(own.length).toBeGreaterThanOrEqual(1);
      for (const chart of own) {
        expect(chart.series.map((series) => series.name)).toEqual(names);
        expect(lineChart(chart).match(/aria-label="line"/g)).toHaveLength(names?.length ?? 0);
      }
    }
  });
});

test('bars of baselines are the ratios of the table', () => {
  const chart = baselineChart(withBaselines) ?? expect.fail('expected a chart');
  const ratios = withBaselines.comparisons.flatMap(
    (row) => timeOverOurs(row, withBaselines)?.ratio ?? [],
  );
  const sort = (values: readonly number[]) => [...values].sort((a, b) => a - b);
  expect(sort(chart.rows.map(({ value }) => value))).toEqual(sort(ratios));
  expect(baselineChart({ ...withBaselines, comparisons: [] })).toBeNull();
});

/** p10 and p90 lie 5 % below and above. */
const within = (median: number): Summary =>
  summary(median, { p10: median * 0.95, p90: median * 1.05, min: median });

const variant = (name: string, ms: number): VariantReport => ({
  name,
  check: { isOk: true, dims: {}, outputs: [] },
  timing: {
    ...{ wallMs: within(ms + 1), gpuMs: within(ms), speedup: within(1), rates: null, shares: null },
    kernels: [
      { label: 'matmul[A=1,B=2]', launches: 2, ms: 0.5 * ms },
      { label: 'matmul[A=2,B=2]', launches: 1, ms: 0.25 * ms },
      { label: 'adamw', launches: 1, ms: 0.25 * ms },
    ],
  },
  counts: {
    ...{ flops: 1, bytes: 1, dispatches: 4, peakBytes: 0 },
    prunedShare: name === 'dense' ? 0 : 0.6,
  },
});

const caseAt = (T: number, variants: VariantReport[]): CaseReport => ({
  ...{ id: `T${T}`, suite: 's', op: 'op', mode: 'forward', dims: { B: 1, T }, preset: null },
  ...{ inputs: 'by hand', variants },
});

const cases = [
  caseAt(2048, [variant('dense', 30), variant('paper', 10)]),
  caseAt(512, [variant('dense', 2), variant('paper', 2)]),
];

test('lengths stand in their order, kept blocks in percent', () => {
  const [speedup, kept] = speedCharts({ ...onGpu, cases });
  expect([speedup, kept].map((chart) => chart?.y.unit)).toEqual(['ratio', '%']);
  expect(speedup?.series[0]?.points).toEqual([
    { x: 512, y: 1, low: 0.95, high: 1.05 },
    { x: 2048, y: 1, low: 0.95, high: 1.05 },
  ]);
  expect(kept?.series[1]?.points).toEqual([
    { x: 512, y: 40 },
    { x: 2048, y: 40 },
  ]);
});

test('a training step is split by kernel, the specs of one kernel added up', () => {
  const step = { ...caseAt(2048, [variant('dense', 30)]), suite: 'training' };
  const chart = stepTimeChart({ ...onGpu, cases: [step] });
  expect(chart?.rows.map(({ name, value }) => [name, value])).toEqual([
    ['matmul', 75],
    ['adamw', 25],
  ]);
  const many = Array.from({ length: 12 }, (_, i) => ({ label: `k${i}`, launches: 1, ms: 12 - i }));
  expect(byKernel(many).map(({ ms }) => ms)).toEqual(many.map(({ ms }) => ms));
  const dense = variant('dense', 30);
  const variants = [{ ...dense, timing: dense.timing && { ...dense.timing, kernels: many } }];
  const rows = stepTimeChart({ ...onGpu, cases: [{ ...step, variants }] })?.rows;
  expect(rows).toHaveLength(11);
  expect(rows?.at(-1)?.name).toBe('2 others');
  expect(rows?.reduce((sum, { value }) => sum + value, 0)).toBeCloseTo(100);
});
