// Lines of y against x, one a variant, each with a band for its spread: speed against sequence length, loss against position.

import * as Plot from '@observablehq/plot';
import { type Axis, axisText, plotScale } from './axis.ts';
import { requireSome } from './chart-error.ts';
import { seriesColor } from './colors.ts';
import { type ChartFrame, framed } from './frame.ts';
import { lineKey, pointShape } from './keys.ts';
import { formatNumber } from './text.ts';

export interface LinePoint {
  x: number;
  y: number;
  /** Ends of the spread at x, e.g. p10 and p90; both or none. */
  low?: number;
  high?: number;
}

export interface LineSeries {
  name: string;
  points: readonly LinePoint[];
}

export interface LineChart extends ChartFrame {
  x: Axis;
  y: Axis;
  series: readonly LineSeries[];
  /** Dots at the points. Default: where a series has at most 40. */
  dots?: boolean;
}

/** @throws ChartError for no series, no points, or a number that has no place on its axis. */
export function lineChart(chart: LineChart): string {
  const { x, y, series } = chart;
  const name = `lineChart "${chart.title}"`;
  const points = series.flatMap((one) => one.points);
  requireSome(name, 'points', points);
  const xs = points.map((point) => point.x);
  const keys = series.map((one, i) =>
    lineKey(one.name, seriesColor(i), hasDots(one, chart) ? pointShape(i) : undefined),
  );
  return framed(chart, {
    words: describe(chart),
    keys: series.length > 1 ? keys : [],
    plot: {
      ...{ height: 340, marginLeft: 60, marginRight: 24, marginTop: 26, marginBottom: 42 },
      x: plotScale(name, x, xs),
      y: plotScale(name, y, points.flatMap(valuesOf)),
      marks: series.flatMap((one, i) => seriesMarks(one, i, chart)),
    },
  });
}

const valuesOf = ({ y, low = y, high = y }: LinePoint) => [y, low, high];

const hasSpread = ({ low, high }: LinePoint) => low !== undefined && high !== undefined;

const hasDots = ({ points }: LineSeries, { dots }: LineChart) => dots ?? points.length <= 40;

function seriesMarks(series: LineSeries, i: number, chart: LineChart): Plot.Markish[] {
  const { name, points } = series;
  const [color, place] = [seriesColor(i), { x: 'x', y: 'y' }];
  const banded = points.filter(hasSpread);
  const band = { x: 'x', y1: 'low', y2: 'high', fill: color, fillOpacity: 0.16 };
  const title = (point: LinePoint) => `${name}: ${valueText(point, chart)}`;
  return [
    ...(banded.length > 1 ? [Plot.areaY(banded, band)] : []),
    Plot.lineY(points, { ...place, stroke: color, strokeWidth: 2 }),
    ...(hasDots(series, chart)
      ? [Plot.dot(points, { ...place, fill: color, r: 3.4, symbol: pointShape(i), title })]
      : []),
  ];
}

function valueText(point: LinePoint, { x, y }: LineChart): string {
  const [value, low, high] = valuesOf(point).map(formatNumber);
  const spread = hasSpread(point) ? ` (${low} to ${high})` : '';
  return `${value}${spread} ${y.unit ?? ''}`.trim() + ` at ${point.x} ${x.unit ?? ''}`.trimEnd();
}

function describe(chart: LineChart): string {
  const lines = chart.series.map(({ name, points }) => {
    const ends = points.filter((_, i) => i === 0 || i === points.length - 1);
    return `${name}: ${ends.map((point) => valueText(point, chart)).join(', then ')}`;
  });
  return `Lines of ${axisText(chart.y)} against ${axisText(chart.x)}. ${lines.join('. ')}.`;
}
