// Grouped bars in rows: one row a layer, one group a head, one bar a pruning rule.

import * as Plot from '@observablehq/plot';
import { type Axis, axisText, plotScale } from './axis.ts';
import { requireNumber, requireSome } from './chart-error.ts';
import { type ChartFrame, framed } from './frame.ts';
import { formatNumber } from './numbers.ts';
import { seriesColor } from './palette.ts';

export interface BarGroup {
  /** Of the group under its bars, e.g. the head. */
  name: string;
  /** One value a series, in their order. */
  values: readonly number[];
}

export interface BarChart extends ChartFrame {
  /** What the groups are, e.g. `head`. */
  groupLabel: string;
  /** Linear, from 0. */
  y: Axis;
  /** Names of the bars in each group. */
  series: readonly string[];
  /** Rows from top to bottom, e.g. the layers. */
  rows: readonly { name: string; groups: readonly BarGroup[] }[];
  /** Of one row, in pixels. Default 84. */
  rowHeight?: number;
}

interface Placed {
  row: string;
  /** Middle of the bar on the axis of groups, which stand at 0, 1, 2, …. */
  from: number;
  to: number;
  value: number;
  series: number;
  text: string;
}

/** @throws ChartError for no rows, groups or series, values that do not match the series, or a non-finite one. */
export function barChart(chart: BarChart): string {
  checkBars(chart);
  const { rows, series, y, groupLabel, rowHeight = 84 } = chart;
  const bars = rows.flatMap((row) =>
    row.groups.flatMap((group, i) => barsOf(row.name, group, i, series)),
  );
  const most = Math.max(...bars.map(({ value }) => value)) || 1;
  const widest = Math.max(...rows.map(({ groups }) => groups.length));
  const names =
    rows.find(({ groups }) => groups.length === widest)?.groups.map(({ name }) => name) ?? [];
  const entries = series.map((name, i) => ({ name, color: seriesColor(i) }));
  return framed(
    { ...chart, description: describe(chart) },
    { entries: series.length > 1 ? entries : [] },
    {
      height: rows.length * rowHeight + 76,
      marginLeft: 56,
      marginRight: 76,
      marginTop: 28,
      marginBottom: 42,
      x: {
        label: groupLabel,
        domain: [-0.5, widest - 0.5],
        ticks: names.map((_, i) => i),
        tickFormat: (i: number) => names[i] ?? '',
        tickSize: 0,
        labelArrow: 'none',
      },
      y: { ...plotScale(y, y.domain ?? [0, most]), ticks: 3 },
      fy: { label: null, domain: rows.map(({ name }) => name), padding: 0.18 },
      marks: [
        Plot.rect(bars, {
          fy: 'row',
          x1: 'from',
          x2: 'to',
          y1: () => 0,
          y2: 'value',
          fill: ({ series: one }: Placed) => seriesColor(one),
          title: 'text',
        }),
        Plot.ruleY([0]),
      ],
    },
  );
}

/** The bars of a group fill 0.8 of its place. */
function barsOf(row: string, group: BarGroup, place: number, series: readonly string[]): Placed[] {
  const wide = 0.8 / series.length;
  return group.values.map((value, i) => {
    const from = place - 0.4 + i * wide;
    const text = `${row}, ${group.name}, ${series[i]}: ${formatNumber(value)}`;
    return { row, from, to: from + wide, value, series: i, text };
  });
}

const describe = ({ rows, series, y, groupLabel }: BarChart): string =>
  `Bars of ${axisText(y)} by ${groupLabel}: ${series.join(', ')}; in rows from ${rows[0]?.name} to ${rows.at(-1)?.name}.`;

function checkBars({ title, rows, series }: BarChart): void {
  const chart = `barChart "${title}"`;
  requireSome(chart, 'series', series);
  requireSome(chart, 'rows', rows);
  for (const row of rows) {
    requireSome(chart, `groups in row ${row.name}`, row.groups);
    for (const group of row.groups) {
      series.forEach((name, i) => {
        const value = group.values[i] ?? Number.NaN;
        requireNumber(chart, `${name} of ${group.name} in row ${row.name}`, value);
      });
    }
  }
}
