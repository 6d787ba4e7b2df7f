import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Summary } from '../schema.ts';
import { compareReports, findSlower, formatComparison } from './compare-reports.ts';
import { parseReport } from './parse-report.ts';
import type { BenchReport } from './report.ts';

const stored = (name: string): BenchReport =>
  parseReport(
    readFileSync(new URL(`../../../../docs/reports/${name}.json`, import.meta.url), 'utf8'),
    name,
  );
const gpu = stored('2026-11-25-h200-suites');
const software = stored('2026-11-25-swiftshader-bench');

const scaled = (times: Summary, factor: number): Summary => ({
  runs: times.runs,
  median: times.median * factor,
  p10: times.p10 * factor,
  p90: times.p90 * factor,
  min: times.min * factor,
});

/** The report with the times of one variant multiplied. */
const slower = (report: BenchReport, caseIndex: number, factor: number): BenchReport => ({
  ...report,
  cases: report.cases.map((one, index) =>
    index !== caseIndex
      ? one
      : {
          ...one,
          variants: one.variants.map(({ timing, ...variant }) => ({
            ...variant,
            timing: timing && {
              ...timing,
              wallMs: scaled(timing.wallMs, factor),
              gpuMs: timing.gpuMs && scaled(timing.gpuMs, factor),
            },
          })),
        },
  ),
});

test('a report against itself: every timed variant once, by GPU time, ratio 1 inside its range', () => {
  const { rows, onlyInA, onlyInB } = compareReports(gpu, gpu);
  const timed = gpu.cases.flatMap(({ variants }) => variants.filter(({ timing }) => timing));
  expect(rows).toHaveLength(timed.length);
  expect([...onlyInA, ...onlyInB]).toEqual([]);
  for (const { ratio, low, high, time } of rows) {
    expect(time).toBe('GPU');
    expect(ratio).toBe(1);
    expect(low).toBeLessThanOrEqual(1);
    expect(high).toBeGreaterThanOrEqual(1);
  }
});

test('only a case that takes longer by more than its spread is slower', () => {
  const { rows } = compareReports(gpu, slower(gpu, 3, 1.5));
  const names = gpu.cases[3]?.variants.map(({ name }) => `${gpu.cases[3]?.id} ${name}`);
  expect(findSlower(rows, 1.2).map(({ name }) => name)).toEqual(names);
  expect(findSlower(rows, 1.6)).toEqual([]);
  expect(formatComparison({ rows, onlyInA: [], onlyInB: [] }, 1.2)).toContain(
    `${names?.length} of ${rows.length} took more than 1.2 times A: ${names?.join('; ')}.`,
  );
  const noisy = [{ name: 'a', time: 'wall', ratio: 1.3, low: 0.9, high: 1.7 }] as const;
  expect(findSlower(noisy, 1.2)).toEqual([]);
  expect(formatComparison({ rows: noisy, onlyInA: ['b'], onlyInB: [] }, 1.2).split('\n')).toEqual([
    'case  time of B / A (range)  time',
    'a     1.300 (0.900-1.700)    wall',
    'only in A: b',
    'Not clear, the range includes 1: a. Measure again with more --runs on a quiet machine.',
  ]);
});

test('on a software adapter the fastest runs are compared', () => {
  const { rows } = compareReports(software, slower(software, 0, 2));
  expect(new Set(rows.map(({ time }) => time))).toEqual(new Set(['fastest']));
  expect(rows[0]?.ratio).toBeCloseTo(2, 12);
});

test('what only one report has is named; nothing in common is an error', () => {
  const some = { ...gpu, cases: gpu.cases.slice(0, 2) };
  const { rows, onlyInA, onlyInB } = compareReports(gpu, some);
  expect(rows.length + onlyInA.length).toBe(compareReports(gpu, gpu).rows.length);
  expect(onlyInB).toEqual([]);
  expect(() => compareReports(some, { ...gpu, cases: gpu.cases.slice(2) })).toThrow(
    /^bench compare: expected reports with a case and variant in common, got none\. /,
  );
});

test('reports of different machines are not compared', () => {
  expect(() => compareReports(gpu, software)).toThrow(
    /^bench compare: expected two reports of the same machine, got .*nvidia.*SwiftShader.*\.$/,
  );
});
