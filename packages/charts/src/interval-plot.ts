// A row a thing: dot at the median, thick line over the middle half, thin line from p10 to p90. Half-lives of the gates of each head.

import * as Plot from '@observablehq/plot';
import { type Axis, axisText, domainOf, plotScale } from './axis.ts';
import { requireNumber, requireSome } from './chart-error.ts';
import { type ChartFrame, framed } from './frame.ts';
import { formatNumber } from './numbers.ts';
import { seriesColor } from './palette.ts';
import { textWidth } from './style.ts';

export interface Interval {
  name: string;
  /** Rows of one group share a colour, e.g. the layer. */
  group: string;
  p10: number;
  p25: number;
  median: number;
  p75: number;
  p90: number;
}

export interface IntervalPlot extends ChartFrame {
  x: Axis;
  /** From top to bottom. */
  rows: readonly Interval[];
}

const PARTS = ['p10', 'p25', 'median', 'p75', 'p90'] as const;

/** @throws ChartError for no rows, or a number that has no place on the axis. */
export function intervalPlot(chart: IntervalPlot): string {
  const { title, x, rows } = chart;
  requireSome(`intervalPlot "${title}"`, 'rows', rows);
  for (const row of rows) {
    for (const part of PARTS) {
      requireNumber(`intervalPlot "${title}"`, `${part} of ${row.name}`, row[part], x.scale);
    }
  }
  const groups = [...new Set(rows.map(({ group }) => group))];
  const color = ({ group }: Interval) => seriesColor(groups.indexOf(group));
  const entries = groups.map((name, i) => ({ name, color: seriesColor(i) }));
  const line = (x1: string, x2: string, strokeWidth: number) =>
    Plot.ruleY(rows, { y: 'name', x1, x2, stroke: color, strokeWidth, strokeLinecap: 'round' });
  const medians = rows.map(({ name, median }) => `${name} ${formatNumber(median)}`);
  return framed(
    {
      ...chart,
      description: `Medians, middle halves, and p10 to p90 of ${axisText(x)}. Medians: ${medians.join(', ')}.`,
    },
    { entries: groups.length > 1 ? entries : [] },
    {
      height: rows.length * 17 + 62,
      marginLeft: Math.min(200, 18 + Math.max(...rows.map(({ name }) => textWidth(name, 11)))),
      marginRight: 24,
      marginTop: 8,
      marginBottom: 42,
      x: plotScale(
        x,
        domainOf(
          rows.flatMap((row) => PARTS.map((part) => row[part])),
          x,
        ),
      ),
      y: { label: null, domain: rows.map(({ name }) => name), tickSize: 0 },
      marks: [
        line('p10', 'p90', 1.5),
        line('p25', 'p75', 5),
        Plot.dot(rows, {
          x: 'median',
          y: 'name',
          fill: color,
          stroke: '#fff',
          strokeWidth: 1.5,
          r: 4.5,
        }),
      ],
    },
  );
}
