// Charts of speed against length: one line a variant.

import type { LineChart, LineSeries } from '@vulpes/charts';
import type { BenchReport, CaseReport, VariantReport } from '../report.ts';
import type { Summary } from '../statistics.ts';

/** Cases that differ in their length alone. */
interface Family {
  readonly name: string;
  readonly cases: readonly CaseReport[];
}

/** Of attention and training: time (where times mean something) and speed-up over the first variant. */
export function speedCharts(report: BenchReport): LineChart[] {
  return familiesOf(report.cases).flatMap((family) =>
    report.timesAre === 'absolute'
      ? [timeChart(family), speedupChart(family)]
      : [speedupChart(family)],
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
    .map(([name, members]) => ({ name, cases: members }))
    .filter(({ cases: all }) => all.length > 1 && (all[0]?.variants.length ?? 0) > 1);
}

const timeOf = ({ timing }: VariantReport): Summary | null =>
  timing && (timing.gpuMs ?? timing.wallMs);

const timeChart = ({ name, cases }: Family): LineChart => ({
  title: `Time of ${name}`,
  subtitle: 'Sum of the kernels by GPU timestamps where there are any; band: p10 to p90.',
  x: { label: 'length', unit: 'tokens', scale: 'log', base: 2 },
  y: { label: 'time', unit: 'ms', scale: 'log' },
  series: seriesOf(cases, timeOf),
});

const speedupChart = ({ name, cases }: Family): LineChart => ({
  title: `Speed-up of ${name}`,
  subtitle: 'Over the first variant, in runs that take turns; band: p10 to p90.',
  x: { label: 'length', unit: 'tokens', scale: 'log', base: 2 },
  y: { label: 'times as fast' },
  series: seriesOf(cases, ({ timing }) => timing?.speedup ?? null),
});

/** Variants by name; points where the value can be drawn. */
function seriesOf(
  cases: readonly CaseReport[],
  summaryOf: (variant: VariantReport) => Summary | null,
): LineSeries[] {
  const names = [...new Set(cases.flatMap(({ variants }) => variants.map(({ name }) => name)))];
  return names
    .map((name) => ({
      name,
      points: cases.flatMap(({ dims, variants }) => {
        const variant = variants.find((other) => other.name === name);
        const value = variant && summaryOf(variant);
        if (!value || !(value.p10 > 0)) return [];
        return { x: dims.T as number, y: value.median, low: value.p10, high: value.p90 };
      }),
    }))
    .filter(({ points }) => points.length > 0);
}
