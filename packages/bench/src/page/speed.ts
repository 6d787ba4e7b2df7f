// Charts against length, one line a variant: time, speed-up, and the blocks that pruning keeps.

import type { LineChart, LineSeries } from '@vulpes/charts';
import type { BenchReport, CaseReport, VariantReport } from '../report/report.ts';
import type { Summary } from '../schema.ts';

/** Cases that differ only in their length, the shortest first. */
export interface CaseSeries {
  readonly name: string;
  readonly cases: readonly CaseReport[];
}

type Point = Pick<Summary, 'median' | 'p10' | 'p90'>;

/** GPU time where there is one, else wall time. */
const getTime = ({ timing }: VariantReport): Summary | null =>
  timing && (timing.gpuMs ?? timing.wallMs);

const LENGTH = { label: 'length', unit: 'tokens', scale: 'log', base: 2 } as const;
const WIDTH = 620;

/** For each series of cases: times (relative ones on a software adapter), speed-ups, and kept blocks where some are pruned. */
export function speedCharts(report: BenchReport): LineChart[] {
  return groupByLength(report.cases).flatMap(
    (series) =>
      [
        report.timesAre === 'absolute' ? timeChart(series) : relativeChart(series),
        speedupChart(series),
        keptChart(series),
      ].filter((chart) => chart !== null && chart.series.length > 0) as LineChart[],
  );
}

/** Series of at least two lengths and two variants. */
export function groupByLength(cases: readonly CaseReport[]): CaseSeries[] {
  const groups = new Map<string, CaseReport[]>();
  for (const benchCase of cases) {
    const { op, mode, preset, dims } = benchCase;
    if (dims.T === undefined) continue;
    const { T: _, block: __, ...others } = dims;
    const sizes = Object.entries(others).map(([key, value]) => `${key}${value}`);
    const name = [`${op}, ${mode}`, preset ?? sizes.join(' ')].join(', ');
    groups.set(name, [...(groups.get(name) ?? []), benchCase]);
  }
  return [...groups]
    .map(([name, members]) => ({
      name,
      cases: members.sort((a, b) => getLength(a) - getLength(b)),
    }))
    .filter(({ cases: all }) => all.length > 1 && (all[0]?.variants.length ?? 0) > 1);
}

const getLength = ({ dims }: CaseReport): number => dims.T as number;

const timeChart = (series: CaseSeries): LineChart => ({
  title: `Time of ${series.name}`,
  subtitle: 'Sum of the kernels by GPU timestamps where there are any; band: p10 to p90.',
  width: WIDTH,
  x: LENGTH,
  y: { label: 'time', unit: 'ms', scale: 'log' },
  series: toLines(series, getTime),
});

/** Times / that of the first variant at the shortest length; null without it. */
function relativeChart(series: CaseSeries): LineChart | null {
  const first = series.cases[0]?.variants[0];
  const one = first && getTime(first)?.median;
  if (!one) return null;
  const toRelative = (variant: VariantReport): Point | null => {
    const time = getTime(variant);
    return time && { median: time.median / one, p10: time.p10 / one, p90: time.p90 / one };
  };
  return {
    title: `Relative time of ${series.name}`,
    subtitle: `Ratios of wall-clock times of a software adapter: 1 = ${first.name} at ${series.cases[0]?.dims.T} tokens; band: p10 to p90.`,
    width: WIDTH,
    x: LENGTH,
    y: { label: 'relative time', unit: 'ratio', scale: 'log' },
    series: toLines(series, toRelative),
  };
}

const speedupChart = (series: CaseSeries): LineChart => ({
  title: `Speed-up of ${series.name}`,
  subtitle: 'Over the first variant, in runs that take turns; band: p10 to p90.',
  width: WIDTH,
  x: LENGTH,
  y: { label: 'times as fast', unit: 'ratio' },
  series: toLines(series, ({ timing }) => timing?.speedup ?? null),
});

/** Null where no variant prunes. */
function keptChart(series: CaseSeries): LineChart | null {
  const variants = series.cases.flatMap((one) => one.variants);
  if (!variants.some(({ counts }) => counts?.prunedShare)) return null;
  const kept = ({ counts }: VariantReport): Point | null => {
    if (counts?.prunedShare === null || counts?.prunedShare === undefined) return null;
    const percent = 100 * (1 - counts.prunedShare);
    return { median: percent, p10: percent, p90: percent };
  };
  return {
    title: `Blocks kept by ${series.name}`,
    subtitle: 'Of the causal blocks, as attention itself counts them; the others are not computed.',
    width: WIDTH,
    x: LENGTH,
    y: { label: 'blocks kept', unit: '%', domain: [0, 100] },
    series: toLines(series, kept).map(({ name, points }) => ({
      name,
      points: points.map(({ x, y }) => ({ x, y })),
    })),
  };
}

/** Variants by name; points where the value can be drawn. */
function toLines(
  { cases }: CaseSeries,
  toPoint: (variant: VariantReport) => Point | null,
): LineSeries[] {
  const names = [...new Set(cases.flatMap(({ variants }) => variants.map(({ name }) => name)))];
  return names
    .map((name) => ({
      name,
      points: cases.flatMap(({ dims, variants }) => {
        const variant = variants.find((other) => other.name === name);
        const value = variant && toPoint(variant);
        if (!value || !(value.p10 > 0)) return [];
        return { x: dims.T as number, y: value.median, low: value.p10, high: value.p90 };
      }),
    }))
    .filter(({ points }) => points.length > 0);
}
