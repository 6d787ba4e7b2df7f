// Lines of y against x, one a variant, each with a band for its spread: speed against sequence length, loss against position.

import * as Plot from '@observablehq/plot';
import { type Axis, axisText, domainOf, plotScale } from './axis.ts';
import { requireNumber, requireSome } from './chart-error.ts';
import { type ChartFrame, framed } from './frame.ts';
import { type PointMark, pointMark } from './legend.ts';
import { formatNumber } from './numbers.ts';
import { seriesColor } from './palette.ts';

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
  /** Drawn dashed: a bound or a reference, nothing measured. */
  dashed?: boolean;
}

export interface LineChart extends ChartFrame {
  x: Axis;
  y: Axis;
  series: readonly LineSeries[];
  /** Plot height in pixels. */
  height?: number;
  /** Dots at the points. Default: where a series has at most 40. */
  dots?: boolean;
}

/** @throws ChartError for no series, no points, or a number that has no place on its axis. */
export function lineChart(chart: LineChart): string {
  checkSeries(chart);
  const { x, y, series, height = 340 } = chart;
  const points = series.flatMap((one) => one.points);
  const legend = series.map(({ name, dashed }, i) => ({
    name,
    color: seriesColor(i),
    mark: dashed ? ('dashed' as const) : ('line' as const),
    ...(hasDots(series[i] as LineSeries, chart.dots) && { point: pointMark(i) }),
  }));
  return framed(
    { ...chart, description: describe(chart) },
    { entries: series.length > 1 ? legend : [] },
    {
      height,
      marginLeft: 60,
      marginRight: 24,
      marginBottom: 42,
      marginTop: 26,
      x: plotScale(
        x,
        domainOf(
          points.map((point) => point.x),
          x,
        ),
      ),
      y: plotScale(
        y,
        domainOf(
          points.flatMap(({ y, low, high }) => [y, low ?? y, high ?? y]),
          y,
        ),
      ),
      marks: series.flatMap((one, i) => seriesMarks(one, { i, dots: chart.dots, x, y })),
    },
  );
}

const hasDots = ({ points, dashed }: LineSeries, dots?: boolean): boolean =>
  !dashed && (dots ?? points.length <= 40);

interface Drawn {
  i: number;
  dots: boolean | undefined;
  x: Axis;
  y: Axis;
}

function seriesMarks(series: LineSeries, { i, dots, x, y }: Drawn): Plot.Markish[] {
  const { name, points, dashed } = series;
  const color = seriesColor(i);
  const banded = points.filter(({ low, high }) => low !== undefined && high !== undefined);
  const marks: Plot.Markish[] = [];
  if (banded.length > 1) {
    marks.push(
      Plot.areaY(banded, { x: 'x', y1: 'low', y2: 'high', fill: color, fillOpacity: 0.16 }),
    );
  }
  const dash = dashed ? { strokeDasharray: '6 4' } : {};
  marks.push(Plot.lineY(points, { x: 'x', y: 'y', stroke: color, strokeWidth: 2, ...dash }));
  if (hasDots(series, dots)) {
    const symbol: PointMark = pointMark(i);
    const title = (point: LinePoint) => `${name}: ${valueText(point, x, y)}`;
    marks.push(Plot.dot(points, { x: 'x', y: 'y', fill: color, r: 3.4, symbol, title }));
  }
  return marks;
}

function valueText({ x: at, y: value, low, high }: LinePoint, x: Axis, y: Axis): string {
  const spread =
    low === undefined || high === undefined
      ? ''
      : ` (${formatNumber(low)} to ${formatNumber(high)})`;
  return (
    `${formatNumber(value)}${spread} ${y.unit ?? ''}`.trim() + ` at ${at} ${x.unit ?? ''}`.trimEnd()
  );
}

function describe({ x, y, series }: LineChart): string {
  const lines = series.map(({ name, points }) => {
    const ends = [points[0], ...(points.length > 1 ? [points.at(-1)] : [])] as LinePoint[];
    return `${name}: ${ends.map((point) => valueText(point, x, y)).join(', then ')}`;
  });
  return `Lines of ${axisText(y)} against ${axisText(x)}. ${lines.join('. ')}.`;
}

function checkSeries({ title, x, y, series }: LineChart): void {
  const chart = `lineChart "${title}"`;
  requireSome(chart, 'series', series);
  for (const { name, points } of series) {
    requireSome(chart, `points of ${name}`, points);
    for (const point of points) {
      requireNumber(chart, `x of ${name}`, point.x, x.scale);
      for (const value of [point.y, point.low ?? point.y, point.high ?? point.y]) {
        requireNumber(chart, `y of ${name} at x = ${point.x}`, value, y.scale);
      }
    }
  }
}
