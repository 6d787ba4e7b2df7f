import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Summary } from '../schema.ts';
import { compareReports } from './compare-reports.ts';
import { parseReport } from './parse-report.ts';
import { dense, exampleCase, exampleReport, paper, wrong } from './report.fixture.ts';
import type { BenchReport, VariantReport } from './report.ts';

const scale = (times: Summary, factor: number): Summary => ({
  ...times,
  median: times.median * factor,
  p10: times.p10 * factor,
  p90: times.p90 * factor,
});

/** A variant that takes `factor` times as long. */
const slower = (of: VariantReport, factor: number, hasGpuTime = true): VariantReport => ({
  ...of,
  timing: {
    ...of.timing!,
    wallMs: scale(of.timing!.wallMs, factor),
    gpuMs: hasGpuTime ? scale(of.timing!.gpuMs!, factor) : null,
  },
});

const withVariants = (...variants: VariantReport[]): BenchReport => ({
  ...exampleReport,
  cases: [{ ...exampleCase, variants }],
});

test('a ratio and its range for each variant, by GPU time where both have it', () => {
  const before = withVariants(dense, paper);
  const after = withVariants(slower(dense, 2), slower(paper, 0.5, false));
  expect(compareReports(before, after).split('\n')).toEqual([
    'case                 time of B / A (range)  time',
    // 2 · 18.25 / 20.75 and 2 · 20.75 / 18.25.
    'a/forward T64 dense  2.000 (1.759-2.274)    GPU',
    // Half of 11.25 / 14.75, of 14.75 / 11.25.
    'a/forward T64 paper  0.500 (0.381-0.656)    wall',
  ]);
});

test('what only one report has timed is named', () => {
  const lines = compareReports(withVariants(dense, wrong), withVariants(paper)).split('\n');
  expect(lines.slice(1)).toEqual([
    'a/forward T64 paper  only in B',
    'a/forward T64 dense  only in A',
  ]);
});

test('reports of different machines are not compared', () => {
  const stored = (name: string): BenchReport =>
    parseReport(
      readFileSync(new URL(`../../../../docs/reports/${name}.json`, import.meta.url), 'utf8'),
      name,
    );
  const [gpu, software] = ['2026-11-25-h200-suites', '2026-11-25-swiftshader-bench'].map(stored);
  expect(() => compareReports(gpu!, software!)).toThrow(
    /^bench compare: expected two reports of the same machine, got .*nvidia.*SwiftShader.*\.$/,
  );
});
