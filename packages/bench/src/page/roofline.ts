// The roofline of a report: the fastest variant of each op's largest case, under the peaks of the same run.

import type { Roofline } from '@vulpes/charts';
import { computeShares, peakGbPerSecond, peakTflops } from '../peaks/shares.ts';
import type { BenchReport, CaseReport } from '../report/report.ts';
import type { Peaks } from '../schema.ts';

/** GFLOP/s; on a software adapter shares of the peak. Null without peaks, and where nothing computes. */
export function rooflineChart(report: BenchReport): Roofline | null {
  const { peaks, cases, timesAre } = report;
  const isAbsolute = timesAre === 'absolute';
  if (!peaks) return null;
  const points = largestCases(cases).flatMap((one) => fastest(toPoints(one, peaks, isAbsolute)));
  if (points.length === 0) return null;
  const [gflops, gbytes] = [1000 * peakTflops(peaks), peakGbPerSecond(peaks)];
  const scale = isAbsolute ? 1 : 1 / gflops;
  return {
    title: 'Roofline',
    subtitle: `The fastest variant of the largest case of each op; roof: the peaks measured in this run. ${isAbsolute ? '' : 'In shares of them: a software adapter has ratios only.'}`,
    width: 960,
    y: isAbsolute
      ? { label: 'speed', unit: 'GFLOP/s' }
      : { label: 'share of the measured peak', unit: '1 = the peak' },
    peak: {
      reached: gflops * scale,
      text: isAbsolute ? `peak ${gflops.toFixed(0)} GFLOP/s` : 'measured peak = 1',
    },
    bandwidth: {
      perFlopPerByte: gbytes * scale,
      text: isAbsolute ? `bandwidth ${gbytes.toFixed(0)} GB/s` : 'measured bandwidth',
    },
    points,
  };
}

const fastest = (points: Roofline['points']): Roofline['points'] =>
  [...points].sort((a, b) => b.reached - a.reached).slice(0, 1);

function largestCases(cases: readonly CaseReport[]): CaseReport[] {
  const largest = new Map<string, CaseReport>();
  for (const benchCase of cases) {
    const key = [benchCase.op, benchCase.preset].join(' ');
    const best = largest.get(key);
    if (!best || countFlops(benchCase) > countFlops(best)) largest.set(key, benchCase);
  }
  return [...largest.values()];
}

const countFlops = ({ variants }: CaseReport): number => variants[0]?.counts?.flops ?? 0;

function toPoints(
  { op, mode, preset, suite, variants }: CaseReport,
  peaks: Peaks,
  isAbsolute: boolean,
): Roofline['points'] {
  const work = [op, preset, mode === 'forward+backward' ? 'and backward' : ''];
  return variants.flatMap(({ name, timing, counts }) => {
    // A search has no shares: it counts the work of the attention that follows.
    if (!timing?.shares || !counts || !(counts.flops > 0 && counts.bytes > 0)) return [];
    const share = computeShares(counts, (timing.gpuMs ?? timing.wallMs).median, peaks).ofPeak;
    return {
      name: [...work, name].filter(Boolean).join(' '),
      group: suite,
      flopsPerByte: counts.flops / counts.bytes,
      reached: isAbsolute ? 1000 * peakTflops(peaks) * share : share,
    };
  });
}
