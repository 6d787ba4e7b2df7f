// Charts against length, one line a variant: time, speed-up, and the blocks that pruning keeps.

import type { LineChart, LineSeries } from '@vulpes/charts';
import type { BenchReport, CaseReport, VariantReport } from '../report/report.ts';
import type { Summary } from '../schema.ts';
import { growth, keptAtEnd, speedupAtEnd, timeOf } from './findings.ts';

/** Cases that differ in their length alone, the shortest first. */
export interface Family {
  readonly name: string;
  readonly cases: readonly CaseReport[];
}

type Point = Pick<Summary, 'median' | 'p10' | 'p90'>;

const LENGTH = { label: 'length', unit: 'tokens', scale: 'log', base: 2 } as const;
const WIDTH = 620;

/** A family at a time: its times (on a software adapter relative ones), its speed-ups, its kept blocks where some are pruned. */
export function speedCharts(report: BenchReport): LineChart[] {
  return familiesOf(report.cases).flatMap(
    (family) =>
      [
        report.timesAre === 'absolute' ? timeChart(family) : relativeChart(family),
        speedupChart(family),
        keptChart(family),
      ].filter((chart) => chart !== null && chart.series.length > 0) as LineChart[],
  );
}

/** Families of at least two lengths and two variants. */
export function familiesOf(cases: readonly CaseReport[]): Family[] {
  const families = new Map<string, CaseReport[]>();
  for (const benchCase of cases) {
    const { op, mode, preset, dims } = benchCase;
    if (dims.T === undefined) continue;
    const { T: _, block: __, ...others } = dims;
    const sizes = Object.entries(others).map(([key, value]) => `${key}${value}`);
    const name = [`${op}, ${mode}`, preset ?? sizes.join(' ')].join(', ');
    families.set(name, [...(families.get(name) ?? []), benchCase]);
  }
  return [...families]
    .map(([name, members]) => ({ name, cases: members.sort((a, b) => lengthOf(a) - lengthOf(b)) }))
    .filter(({ cases: all }) => all.length > 1 && (all[0]?.variants.length ?? 0) > 1);
}

const lengthOf = ({ dims }: CaseReport): number => dims.T as number;

const timeChart = (family: Family): LineChart => ({
  title: `Time of ${family.name}${growth(family)}`,
  subtitle: 'Sum of the kernels by GPU timestamps where there are any; band: p10 to p90.',
  width: WIDTH,
  x: LENGTH,
  y: { label: 'time', unit: 'ms', scale: 'log' },
  series: seriesOf(family, timeOf),
});

/** Times / that of the first variant at the shortest length; null without it. */
function relativeChart(family: Family): LineChart | null {
  const first = family.cases[0]?.variants[0];
  const one = first && timeOf(first)?.median;
  if (!one) return null;
  const relative = (variant: VariantReport): Point | null => {
    const time = timeOf(variant);
    return time && { median: time.median / one, p10: time.p10 / one, p90: time.p90 / one };
  };
  return {
    title: `Relative time of ${family.name}${growth(family)}`,
    subtitle: `Ratios of wall-clock times of a software adapter: 1 = ${first.name} at ${family.cases[0]?.dims.T} tokens; band: p10 to p90.`,
    width: WIDTH,
    x: LENGTH,
    y: { label: 'relative time', unit: 'ratio', scale: 'log' },
    series: seriesOf(family, relative),
  };
}

const speedupChart = (family: Family): LineChart => ({
  title: `Speed-up of ${family.name}${speedupAtEnd(family)}`,
  subtitle: 'Over the first variant, in runs that take turns; band: p10 to p90.',
  width: WIDTH,
  x: LENGTH,
  y: { label: 'times as fast', unit: 'ratio' },
  series: seriesOf(family, ({ timing }) => timing?.speedup ?? null),
});

/** Null where no variant prunes. */
function keptChart(family: Family): LineChart | null {
  const variants = family.cases.flatMap((one) => one.variants);
  if (!variants.some(({ counts }) => counts?.prunedShare)) return null;
  const kept = ({ counts }: VariantReport): Point | null => {
    if (counts?.prunedShare === null || counts?.prunedShare === undefined) return null;
    const percent = 100 * (1 - counts.prunedShare);
    return { median: percent, p10: percent, p90: percent };
  };
  return {
    title: `Blocks kept by ${family.name}${keptAtEnd(family)}`,
    subtitle: 'Of the causal blocks, as attention itself counts them; the others are not computed.',
    width: WIDTH,
    x: LENGTH,
    y: { label: 'blocks kept', unit: '%', domain: [0, 100] },
    series: seriesOf(family, kept).map(({ name, points }) => ({
      name,
      points: points.map(({ x, y }) => ({ x, y })),
    })),
  };
}

/** Variants by name; points where the value can be drawn. */
function seriesOf(
  { cases }: Family,
  pointOf: (variant: VariantReport) => Point | null,
): LineSeries[] {
  const names = [...new Set(cases.flatMap(({ variants }) => variants.map(({ name }) => name)))];
  return names
    .map((name) => ({
      name,
      points: cases.flatMap(({ dims, variants }) => {
        const variant = variants.find((other) => other.name === name);
        const value = variant && pointOf(variant);
        if (!value || !(value.p10 > 0)) return [];
        return { x: dims.T as number, y: value.median, low: value.p10, high: value.p90 };
      }),
    }))
    .filter(({ points }) => points.length > 0);
}
