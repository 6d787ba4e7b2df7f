// A roofline: what each kernel reaches, under the two lines that the machine allows (memory bandwidth and peak arithmetic).

import * as Plot from '@observablehq/plot';
import { plotScale } from './axis.ts';
import { ChartError, requireNumber, requireSome } from './chart-error.ts';
import { type ChartFrame, framed } from './frame.ts';
import { formatNumber } from './numbers.ts';
import { seriesColor } from './palette.ts';

export interface RooflinePoint {
  name: string;
  /** Points of one group share a colour, e.g. the op. */
  group: string;
  /** Arithmetic intensity: flops per byte moved. */
  flopsPerByte: number;
  gflopsPerSecond: number;
}

export interface Roofline extends ChartFrame {
  /** Measured, not from a data sheet. */
  peakGflopsPerSecond: number;
  bandwidthGbPerSecond: number;
  points: readonly RooflinePoint[];
  /** Plot height in pixels. */
  height?: number;
}

/** @throws ChartError for no points, or numbers that are not above 0. */
export function roofline(chart: Roofline): string {
  checkRoofline(chart);
  const {
    points,
    peakGflopsPerSecond: peak,
    bandwidthGbPerSecond: bandwidth,
    height = 380,
  } = chart;
  const groups = [...new Set(points.map(({ group }) => group))];
  const ridge = peak / bandwidth;
  const [x, y] = [xRange(points, ridge), yRange(points, peak)];
  const xEntry = Math.max(x[0], y[0] / bandwidth);
  const slope = xEntry ** 0.25 * ridge ** 0.75;
  const roof = [
    { x: xEntry, y: xEntry * bandwidth },
    { x: ridge, y: peak },
    { x: x[1], y: peak },
  ];
  const entries = groups.map((name, i) => ({ name, color: seriesColor(i) }));
  return framed(
    chart,
    { entries },
    {
      height,
      marginLeft: 64,
      marginRight: 28,
      marginBottom: 42,
      marginTop: 30,
      x: plotScale({ label: 'arithmetic intensity', unit: 'flops per byte', scale: 'log' }, x),
      y: plotScale({ label: 'speed', unit: 'GFLOP/s', scale: 'log' }, y),
      marks: [
        Plot.lineY(roof, { x: 'x', y: 'y', stroke: 'currentColor', strokeWidth: 2 }),
        Plot.text([{ x: x[1], y: peak }], {
          x: 'x',
          y: 'y',
          text: [`peak ${formatNumber(peak)} GFLOP/s`],
          textAnchor: 'end',
          dy: -9,
        }),
        Plot.text([{ x: slope, y: slope * bandwidth }], {
          x: 'x',
          y: 'y',
          text: [`bandwidth ${formatNumber(bandwidth)} GB/s`],
          textAnchor: 'end',
          dx: -8,
        }),
        Plot.dot(points, {
          x: 'flopsPerByte',
          y: 'gflopsPerSecond',
          r: 4.5,
          fill: (point: RooflinePoint) => seriesColor(groups.indexOf(point.group)),
          title: ({ name, flopsPerByte, gflopsPerSecond }: RooflinePoint) =>
            `${name}: ${formatNumber(gflopsPerSecond)} GFLOP/s at ${formatNumber(flopsPerByte)} flops per byte`,
        }),
        ...labelMarks(points, x, (height - 72) / Math.log10(y[1] / y[0])),
      ],
    },
  );
}

interface Label {
  name: string;
  x: number;
  y: number;
}

/** Names beside the points, on the side where there is room, moved apart where they would overlap. */
function labelMarks(
  points: readonly RooflinePoint[],
  [low, high]: readonly [number, number],
  pixelsPerDecade: number,
): Plot.Markish[] {
  const middle = Math.sqrt(low * high);
  const side = (textAnchor: 'start' | 'end', dx: number, isHere: (x: number) => boolean) => {
    const here = points.filter(({ flopsPerByte }) => isHere(flopsPerByte));
    const labels = moveApart(here, 11 / pixelsPerDecade);
    return Plot.text(labels, { x: 'x', y: 'y', text: 'name', fontSize: 10, textAnchor, dx });
  };
  return [side('start', 8, (x) => x <= middle), side('end', -8, (x) => x > middle)];
}

/**
 * From the top down, each label at least `gap` decades below the last one that it could meet.
 * Where that is too far from its point it is left out: the point tells its name when pointed at.
 */
function moveApart(points: readonly RooflinePoint[], gap: number): Label[] {
  const placed: Label[] = [];
  for (const point of [...points].sort((a, b) => b.gflopsPerSecond - a.gflopsPerSecond)) {
    const near = placed.filter(({ x }) => Math.abs(Math.log10(x / point.flopsPerByte)) < 1.2);
    const ceiling = Math.min(...near.map(({ y }) => y * 10 ** -gap), point.gflopsPerSecond);
    if (ceiling < point.gflopsPerSecond * 10 ** (-3.5 * gap)) continue;
    placed.push({ name: point.name, x: point.flopsPerByte, y: ceiling });
  }
  return placed;
}

const xRange = (points: readonly RooflinePoint[], ridge: number): [number, number] => {
  const all = [ridge, ...points.map(({ flopsPerByte }) => flopsPerByte)];
  return [Math.min(...all) / 3, Math.max(...all) * 4];
};

const yRange = (points: readonly RooflinePoint[], peak: number): [number, number] => {
  const all = [peak, ...points.map(({ gflopsPerSecond }) => gflopsPerSecond)];
  return [Math.min(...all) / 2.5, Math.max(...all) * 1.8];
};

function checkRoofline({ title, points, peakGflopsPerSecond, bandwidthGbPerSecond }: Roofline) {
  const chart = `roofline "${title}"`;
  requireSome(chart, 'points', points);
  requireNumber(chart, 'the peak', peakGflopsPerSecond, 'log');
  requireNumber(chart, 'the bandwidth', bandwidthGbPerSecond, 'log');
  for (const { name, flopsPerByte, gflopsPerSecond } of points) {
    if (name === '') throw new ChartError(`${chart}: expected every point to have a name, got ''.`);
    requireNumber(chart, `flops per byte of ${name}`, flopsPerByte, 'log');
    requireNumber(chart, `GFLOP/s of ${name}`, gflopsPerSecond, 'log');
  }
}
