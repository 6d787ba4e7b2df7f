// How often values fall into bins, on a linear or logarithmic axis: half-lives of gates over tokens.

import * as Plot from '@observablehq/plot';
import { type Axis, axisText, domainOf, plotScale } from './axis.ts';
import { requireNumber, requireSome } from './chart-error.ts';
import { type ChartFrame, framed } from './frame.ts';
import { formatNumber } from './numbers.ts';
import { seriesColor } from './palette.ts';

export interface Histogram extends ChartFrame {
  x: Axis;
  /** What is counted, e.g. `tokens`. */
  countLabel: string;
  values: ArrayLike<number>;
  /** Default 48. */
  bins?: number;
  /** Plot height in pixels. */
  height?: number;
}

/** @throws ChartError for no values, or one that has no place on the axis. */
export function histogram(chart: Histogram): string {
  const { title, x, values, countLabel, bins = 48, height = 240 } = chart;
  requireSome(`histogram "${title}"`, 'values', values);
  const numbers = Array.from(values);
  for (const value of numbers) requireNumber(`histogram "${title}"`, 'every value', value, x.scale);
  const domain = x.domain ?? domainOf(numbers, x);
  const counted = countBins(numbers, domain, bins, x.scale === 'log');
  const most = Math.max(...counted.map(({ count }) => count), 1);
  const [low, high] = domain.map(formatNumber);
  const description = `Histogram of ${numbers.length} values of ${axisText(x)} from ${low} to ${high}: ${countLabel}, at most ${most} in a bin.`;
  return framed(
    { ...chart, description },
    { entries: [] },
    {
      height,
      marginLeft: 56,
      marginRight: 20,
      marginTop: 26,
      marginBottom: 42,
      x: plotScale(x, domain),
      y: plotScale({ label: countLabel }, [0, most]),
      marks: [
        Plot.rect(counted, {
          x1: 'from',
          x2: 'to',
          y1: () => 0,
          y2: 'count',
          fill: seriesColor(0),
          insetRight: 0.5,
        }),
        Plot.ruleY([0]),
      ],
    },
  );
}

/** Values outside the domain are counted in its first and last bin. Bins are equally wide on the axis. */
export function countBins(
  values: readonly number[],
  [low, high]: readonly [number, number],
  bins: number,
  isLog: boolean,
): { from: number; to: number; count: number }[] {
  const place = (value: number) =>
    isLog ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
  const edge = (share: number) =>
    isLog ? low * (high / low) ** share : low + (high - low) * share;
  const counts = new Array<number>(bins).fill(0);
  for (const value of values) {
    const bin = Math.min(bins - 1, Math.max(0, Math.floor(place(value) * bins)));
    counts[bin] = (counts[bin] as number) + 1;
  }
  return counts.map((count, i) => ({ from: edge(i / bins), to: edge((i + 1) / bins), count }));
}
