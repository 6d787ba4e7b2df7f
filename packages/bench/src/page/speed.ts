// Charts against length, one line a variant: speed-up, and the blocks that pruning keeps.

import type { LineChart, LineSeries } from '@vulpes/charts';
import type { BenchReport, CaseReport, VariantReport } from '../report/report.ts';
import type { Summary } from '../schema.ts';

/** Cases that differ only in their length, the shortest first. */
export interface CaseSeries {
  readonly name: string;
  readonly cases: readonly CaseReport[];
}

const LENGTH = { label: 'length', unit: 'tokens', scale: 'log', base: 2 } as const;
const WIDTH = 620;

/** A value with its band. */
type Point = Omit<LineSeries['points'][number], 'x'>;
type ToPoint = (variant: VariantReport) => Point | null;

const toBand = (of: Summary | null): Point | null =>
  of && of.p10 > 0 ? { y: of.median, low: of.p10, high: of.p90 } : null;

/** For each series of cases: speed-ups, and kept blocks where some are pruned. */
export const speedCharts = ({ cases }: BenchReport): LineChart[] =>
  groupByLength(cases)
    .flatMap((series) => [speedupChart(series), keptChart(series)])
    .filter(({ series }) => series.length > 0);

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

const speedupChart = (of: CaseSeries): LineChart => ({
  title: `Speed-up of ${of.name}`,
  subtitle: 'Over the first variant, in runs that take turns; band: p10 to p90.',
  y: { label: 'times as fast', unit: 'ratio' },
  ...drawLines(of, ({ timing }) => toBand(timing?.speedup ?? null)),
});

/** No lines where no variant prunes. */
function keptChart(of: CaseSeries): LineChart {
  const isPruned = of.cases.some((one) => one.variants.some(({ counts }) => counts?.prunedShare));
  const toKept: ToPoint = ({ counts }) => {
    const share = counts?.prunedShare ?? null;
    return isPruned && share !== null && share < 1 ? { y: 100 * (1 - share) } : null;
  };
  return {
    title: `Blocks kept by ${of.name}`,
    subtitle: 'Of the causal blocks, as attention itself counts them; the others are not computed.',
    y: { label: 'blocks kept', unit: '%', domain: [0, 100] },
    ...drawLines(of, toKept),
  };
}

/** Variants by name; points where there is a value. */
function drawLines({ cases }: CaseSeries, toPoint: ToPoint) {
  const names = [...new Set(cases.flatMap(({ variants }) => variants.map(({ name }) => name)))];
  const series = names.map((name) => ({
    name,
    points: cases.flatMap(({ dims, variants }) => {
      const variant = variants.find((other) => other.name === name);
      const point = variant && toPoint(variant);
      return point ? [{ x: dims.T as number, ...point }] : [];
    }),
  }));
  return { width: WIDTH, x: LENGTH, series: series.filter(({ points }) => points.length > 0) };
}
