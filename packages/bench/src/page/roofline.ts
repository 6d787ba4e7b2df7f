// The roofline of a report: of each op its largest case, under the peaks of the same run.

import type { Roofline } from '@vulpes/charts';
import { peakGbPerSecond, peakTflops } from '../peaks/shares.ts';
import type { BenchReport, CaseReport } from '../report.ts';

/** Null on a software adapter, without peaks, and where nothing computes. */
export function rooflineChart({ peaks, cases, timesAre }: BenchReport): Roofline | null {
  const points = largestCases(cases).flatMap(pointsOf);
  if (!peaks || timesAre === 'ratios' || points.length === 0) return null;
  return {
    title: 'Roofline',
    subtitle: 'The largest case of each op, every variant; roof: the peaks measured in this run.',
    peakGflopsPerSecond: 1000 * peakTflops(peaks),
    bandwidthGbPerSecond: peakGbPerSecond(peaks),
    points,
  };
}

function largestCases(cases: readonly CaseReport[]): CaseReport[] {
  const largest = new Map<string, CaseReport>();
  for (const benchCase of cases) {
    const key = [benchCase.op, benchCase.mode, benchCase.preset].join(' ');
    const best = largest.get(key);
    if (!best || flopsOf(benchCase) > flopsOf(best)) largest.set(key, benchCase);
  }
  return [...largest.values()];
}

const flopsOf = ({ variants }: CaseReport): number => variants[0]?.counts?.flops ?? 0;

const pointsOf = ({ op, mode, preset, suite, variants }: CaseReport): Roofline['points'] =>
  variants.flatMap(({ name, timing, counts }) => {
    if (!timing?.rates || !counts || !(counts.flops > 0 && counts.bytes > 0)) return [];
    return {
      name: [preset ?? op, mode === 'forward+backward' ? 'both' : '', name]
        .filter(Boolean)
        .join(' '),
      group: suite,
      flopsPerByte: counts.flops / counts.bytes,
      gflopsPerSecond: 1000 * timing.rates.tflops,
    };
  });
