// The page of real reports, of a GPU and of a software adapter: nothing is lost, nothing is claimed that was not measured.

import { readdirSync, readFileSync } from 'node:fs';
import { escapeText, lineChart, ratioBars, roofline, stackedBars } from '@vulpes/charts';
import { describe, expect, test } from 'vitest';
import { computeShares } from '../peaks/shares.ts';
import { parseReport } from '../report/parse-report.ts';
import type { BenchReport, CaseReport, VariantReport } from '../report/report.ts';
import { comparisonTable } from '../report/rows.ts';
import type { Summary } from '../schema.ts';
import { summary } from '../timing/summary.fixture.ts';
import { baselineChart } from './baselines.ts';
import { growth, keptAtEnd, speedupAtEnd } from './findings.ts';
import { kernelTable } from './kernel-table.ts';
import { reportPage } from './report-page.ts';
import { rooflineChart } from './roofline.ts';
import { familiesOf, speedCharts } from './speed.ts';
import { OTHER_PART, stepPartOf } from './step-parts.ts';
import { byKernel, stepTimeChart } from './step-time.ts';

const FOLDER = new URL('../../../../docs/reports/', import.meta.url);
const MEGABYTE = 1_000_000;

const reports = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.json'))
  .map((name) => [name, readFileSync(new URL(name, FOLDER), 'utf8')] as const)
  .filter(([, json]) => JSON.parse(json).schema !== 'vulpes-bench/1')
  .map(([name, json]) => [name, parseReport(json, name)] as [string, BenchReport]);

const gpu = reports.filter(([, { timesAre }]) => timesAre === 'absolute');
const software = reports.filter(([, { timesAre }]) => timesAre === 'ratios');
const withSteps = reports.filter(([, { cases }]) =>
  cases.some(({ suite }) => suite === 'training'),
);
const withRows = reports.filter(([, { comparisons }]) => comparisons.length > 0);

test('there are reports of every kind to test with', () => {
  for (const some of [gpu, software, withRows]) expect(some.length).toBeGreaterThan(0);
  for (const some of [gpu, software]) {
    expect(withSteps.some((one) => some.includes(one))).toBe(true);
  }
});

describe.each(reports)('%s', (_, report) => {
  test('the page has every suite, case, program and what the machine was; it is small and fetches nothing', async () => {
    const page = await reportPage(report);
    expect(page.length).toBeLessThan(MEGABYTE);
    expect(page).not.toMatch(/<script|<link|@import|url\(|(?:href|src)="(?!data:)/);
    const { adapter, toggles, features, host } = report.machine;
    const labels = report.cases.flatMap(({ variants }) =>
      variants.flatMap(({ timing }) => timing?.kernels.map(({ label }) => label) ?? []),
    );
    const words = [
      ...report.cases.flatMap(({ suite, id }) => [`<h2>Suite ${suite}</h2>`, `>${id}</td>`]),
      ...report.comparisons.map(({ runner }) => `>${runner}</td>`),
      ...[adapter.description, host.runtime, host.commit?.slice(0, 10) ?? '', ...toggles],
      ...Object.keys(features),
      ...labels.map((label) => label.split(/[[\]]/)[1]?.replaceAll(',', ', ') ?? ''),
    ];
    for (const word of new Set(words)) {
      expect(page).toContain(
        word.startsWith('<') || word.startsWith('>') ? word : escapeText(word),
      );
    }
    const svgs = page.match(/<svg .*?<\/svg>/gs) ?? [];
    for (const svg of svgs) expect(svg).toMatch(/<title>[^<]+<\/title><desc>[^<]{20,}<\/desc>/);
  });

  test('each variant has a line in each chart of its family', () => {
    const charts = speedCharts(report);
    for (const { name, cases } of familiesOf(report.cases)) {
      const names = cases[0]?.variants.map((variant) => variant.name);
      const own = charts.filter(({ title }) => title.includes(`${name}:`));
      expect(own.length).toBeGreaterThanOrEqual(2);
      for (const chart of own) {
        expect(chart.series.map((series) => series.name)).toEqual(names);
        expect(lineChart(chart).match(/aria-label="line"/g)).toHaveLength(names?.length ?? 0);
      }
    }
  });

  test('heights and slope of the roofline are the rates and shares of the cases', () => {
    const chart = rooflineChart(report);
    const { peaks } = report;
    const isDrawn = report.cases.some(({ variants }) =>
      variants.some(({ timing, counts }) => timing?.shares && counts?.flops),
    );
    expect(chart !== null).toBe(peaks !== null && isDrawn);
    if (!chart || !peaks) return;
    const told = report.cases.flatMap(({ suite, variants }) =>
      variants.flatMap(({ name, timing, counts }) => {
        const shares =
          counts && timing && computeShares(counts, (timing.gpuMs ?? timing.wallMs).median, peaks);
        return shares ? [{ suite, name, shares, gflops: 1000 * (timing.rates?.tflops ?? 0) }] : [];
      }),
    );
    for (const { group, variant, flopsPerByte, reached } of chart.points) {
      const roof = chart.bandwidth.perFlopPerByte * flopsPerByte;
      const isOwn = ({ suite, name, shares, gflops }: (typeof told)[number]) =>
        suite === group &&
        name === variant &&
        isNear(shares.ofPeak, reached / chart.peak.reached) &&
        isNear(shares.ofBandwidth, reached / roof) &&
        (report.timesAre === 'ratios' || isNear(gflops, reached));
      expect(told.some(isOwn), `${group} ${variant} at ${flopsPerByte}`).toBe(true);
    }
    if (report.timesAre === 'ratios') expect(chart.peak.reached).toBe(1);
    const numbers = roofline(chart).match(/class="numbers".*?<\/g>/s)?.[0];
    expect(numbers?.match(/<text/g)).toHaveLength(chart.points.length);
  });
});

const isNear = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-9 * Math.abs(b);

test.each(software)('%s: ratios only', async (_, report) => {
  const page = await reportPage(report);
  expect(page).not.toMatch(/FLOP\/s|GB\/s|\d ms/);
  for (const { title, y, series } of speedCharts(report)) {
    if (!title.startsWith('Relative time')) continue;
    expect(y.unit).toBe('ratio');
    expect(series[0]?.points[0]?.y).toBe(1);
  }
});

describe.each(withSteps)('%s: a training step', (_, report) => {
  test('at least 85 % of each bar are kernels by name', () => {
    const chart = stepTimeChart(report);
    const svg = stackedBars(chart ?? expect.fail('expected a chart of training steps'));
    const pieces = [...svg.matchAll(/<rect([^>]*)><title>([^<]*)<\/title>/g)].map(
      ([, attributes = '', text = '']) => ({
        bar: /\by="([^"]*)"/.exec(attributes)?.[1],
        width: Number(/\bwidth="([^"]*)"/.exec(attributes)?.[1]),
        isNamed: !text.includes('\n'),
      }),
    );
    const bars = new Set(pieces.map(({ bar }) => bar));
    expect(bars.size).toBe(chart?.bars.length);
    for (const bar of bars) {
      const own = pieces.filter((piece) => piece.bar === bar);
      const sum = (some: typeof own) => some.reduce((all, { width }) => all + width, 0);
      expect(sum(own.filter(({ isNamed }) => isNamed)) / sum(own)).toBeGreaterThanOrEqual(0.85);
    }
  });

  test('every kernel has a part', () => {
    const steps = report.cases.filter(({ suite }) => suite === 'training');
    const kernels = steps.flatMap(({ variants }) =>
      variants.flatMap(({ timing }) => byKernel(timing?.kernels ?? [])),
    );
    const names = kernels.map(({ name }) => name).filter((name) => stepPartOf(name) === OTHER_PART);
    expect([...new Set(names)]).toEqual([]);
  });
});

test.each(withRows)('%s: the bars are the ratios of the table', (_, report) => {
  const table = comparisonTable(report);
  const column = table?.columns.indexOf('its time / ours') ?? -1;
  const cells = table?.rows
    .map((row) => row[column]?.replace(/ \(.*\)/, ''))
    .filter((cell) => cell !== '-');
  const chart = baselineChart(report) ?? expect.fail('expected a chart of baselines');
  const bars = chart.rows.map(
    ({ ratio, kind }) => `${ratio.toFixed(2)}× ${kind.replace(' clock', '')}`,
  );
  expect(bars.sort()).toEqual(cells?.sort());
  expect(ratioBars(chart).match(/<rect[^>]*><title>/g)).toHaveLength(bars.length);
  const faster = chart.rows.filter(({ ratio }) => ratio < 1).length;
  expect(chart.title).toBe(
    `${faster} of ${bars.length} times of other runners are shorter than ours`,
  );
});

/** p10 and p90 lie `spread` below and above. */
const within = (median: number, spread = 0.05): Summary =>
  summary(median, { p10: median * (1 - spread), p90: median * (1 + spread), min: median });

const variant = (name: string, ms: number, speedup = within(1)): VariantReport => ({
  name,
  check: { isOk: true, dims: {}, outputs: [] },
  timing: {
    ...{ wallMs: within(ms + 1), gpuMs: within(ms), speedup, rates: null, shares: null },
    kernels: [
      { label: 'matmul[A=1,B=2]', launches: 2, ms: 0.75 * ms },
      { label: 'matmul[A=2,B=2]', launches: 1, ms: 0.25 * ms },
    ],
  },
  counts: {
    ...{ flops: 1, bytes: 1, dispatches: 3, peakBytes: 0 },
    prunedShare: name === 'dense' ? 0 : 0.6,
  },
});

const caseAt = (T: number, variants: VariantReport[]): CaseReport => ({
  ...{ id: `T${T}`, suite: 's', op: 'op', mode: 'forward', dims: { B: 1, T }, preset: null },
  ...{ inputs: 'by hand', variants },
});

const family = (...ends: VariantReport[]) => ({
  name: 'op',
  cases: [
    caseAt(512, [variant('dense', 2), variant('paper', 2)]),
    caseAt(2048, [variant('dense', 30), ...ends]),
  ],
});

test('titles state what the numbers say, and no more', () => {
  const paper = (median: number, spread?: number) =>
    family(variant('paper', 10, within(median, spread)));
  expect(growth(paper(3))).toBe(': dense takes 15× as long at 4× the length');
  expect(speedupAtEnd(paper(3))).toBe(': paper is 3.00× as fast as dense at 2k tokens');
  expect(speedupAtEnd(paper(1.1, 0.2))).toBe(': paper is not told apart from dense at 2k tokens');
  expect(speedupAtEnd(paper(0.8))).toBe(
    ': the best of the others, paper, is 0.80× as fast as dense at 2k tokens',
  );
  expect(keptAtEnd(paper(3))).toBe(': paper 40.0 % at 2k tokens');
  expect([speedupAtEnd(family()), keptAtEnd(family())]).toEqual(['', '']);
});

test('lengths stand in their order, times in milliseconds', () => {
  const [report] = gpu[0] ? [gpu[0][1]] : [];
  const { cases } = family(variant('paper', 10));
  const charts = speedCharts({ ...(report as BenchReport), cases: cases.toReversed() });
  expect(charts.map(({ y }) => [y.label, y.unit])).toEqual([
    ['time', 'ms'],
    ['times as fast', 'ratio'],
    ['blocks kept', '%'],
  ]);
  expect(charts[0]?.series[0]?.points.map(({ x, y }) => [x, y])).toEqual([
    [512, 2],
    [2048, 30],
  ]);
  expect(charts[2]?.series[1]?.points).toEqual([
    { x: 512, y: 40 },
    { x: 2048, y: 40 },
  ]);
});

test('relative times are in units of the first variant at the shortest length, their bands, too', () => {
  const [report] = software[0] ? [software[0][1]] : [];
  const { cases } = family(variant('paper', 10));
  const [time] = speedCharts({ ...(report as BenchReport), cases });
  expect(time?.y).toMatchObject({ label: 'relative time', unit: 'ratio' });
  expect(time?.subtitle).toContain('1 = dense at 512 tokens');
  expect(time?.series[0]?.points).toEqual([
    { x: 512, y: 1, low: 0.95, high: 1.05 },
    { x: 2048, y: 15, low: 14.25, high: 15.75 },
  ]);
});

test('a bar of a GPU is as long as its step against the first variant, and tells milliseconds', () => {
  const [report] = gpu[0] ? [gpu[0][1]] : [];
  const step = {
    ...caseAt(2048, [variant('dense', 30), variant('paper', 15)]),
    suite: 'training',
  };
  const chart = stepTimeChart({ ...(report as BenchReport), cases: [step] });
  expect(chart?.bars.map(({ total }) => total)).toEqual(['30.0 ms', '15.0 ms']);
  expect(chart?.bars[1]?.parts).toEqual([
    {
      ...{ name: 'matmul', family: 'matmul', value: 50 },
      text: 'matmul: 15.0 ms, 100.0 % of the step, launched 3 times',
    },
  ]);
  expect(chart?.title).toContain('100 % matmul');
});

test('work above the measured peak is named on the page', async () => {
  const [report] = gpu[0] ? [gpu[0][1]] : [];
  const fast = variant('dense', 1);
  const shares = { ofPeak: 1.14, ofBandwidth: 0.1, bound: 'compute' as const };
  const timing = fast.timing && { ...fast.timing, shares };
  const cases = [caseAt(512, [{ ...fast, timing }])];
  const page = await reportPage({ ...(report as BenchReport), cases });
  expect(page).toContain('above the measured peak (up to 114 % of it)');
});

test('a kernel has a row for each spec, the heaviest first', () => {
  const [report] = gpu[0] ? [gpu[0][1]] : [];
  const table = kernelTable({ ...(report as BenchReport), cases: family().cases });
  expect(table?.rows).toEqual([
    ['matmul', 'A=1, B=2', '75.0 %', 'T2048 dense', 's'],
    ['matmul', 'A=2, B=2', '25.0 %', 'T2048 dense', 's'],
  ]);
});
