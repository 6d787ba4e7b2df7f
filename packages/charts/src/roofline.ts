// A roofline: what each kernel reaches, under the two lines that the machine allows (memory bandwidth and peak arithmetic).

import { type Axis, axisText, plotScale } from './axis.ts';
import { ChartError, requireNumber, requireSome } from './chart-error.ts';
import { type ChartFrame, DEFAULT_WIDTH, framed, MARGIN } from './frame.ts';
import { type Legend, POINT_MARKS } from './legend.ts';
import { formatNumber } from './numbers.ts';
import { seriesColor } from './palette.ts';
import { keyMarks, kinds, PLOT, pointMarks, roofMarks, viewOf } from './roofline-marks.ts';

export interface RooflinePoint {
  name: string;
  /** Points of one group share a colour, e.g. the suite. */
  group: string;
  /** The first, second, … variant of every group share a mark. */
  variant: string;
  /** Arithmetic intensity: FLOPs per byte moved. */
  flopsPerByte: number;
  /** Height, in the unit of the chart's y: GFLOP/s, or a share of the peak. */
  reached: number;
}

export interface Roofline extends ChartFrame {
  /** Label and unit of the height, which is logarithmic. */
  y: Pick<Axis, 'label' | 'unit'>;
  /** Measured, not from a data sheet; in the unit of y. */
  peak: { reached: number; text: string };
  /** The same, of memory: units of y per FLOP per byte. */
  bandwidth: { perFlopPerByte: number; text: string };
  /** Numbered in their order; the list under the plot names them. */
  points: readonly RooflinePoint[];
  /** Plot height in pixels. */
  height?: number;
}

const X: Axis = { label: 'arithmetic intensity', unit: 'FLOPs per byte', scale: 'log' };

/** @throws ChartError for no points, or numbers that are not above 0. */
export function roofline(chart: Roofline): string {
  checkRoofline(chart);
  const { points, peak, bandwidth, height = 400, width = DEFAULT_WIDTH } = chart;
  const y: Axis = { ...chart.y, scale: 'log' };
  const ridge = peak.reached / bandwidth.perFlopPerByte;
  const domains = { x: xRange(points, ridge), y: yRange(points, peak.reached) };
  const view = viewOf(domains, width - 2 * MARGIN, height);
  return framed({ ...chart, description: describe(chart, ridge) }, legendOf(points), {
    ...PLOT,
    height,
    x: plotScale(X, domains.x),
    y: plotScale(y, domains.y),
    marks: [...roofMarks(chart, domains), ...pointMarks(chart), ...keyMarks(chart, view, domains)],
  });
}

function legendOf(points: readonly RooflinePoint[]): Legend {
  const { groups, shapeOf } = kinds(points);
  const shapes = POINT_MARKS.map((mark) => {
    const names = points.filter((point) => shapeOf(point) === mark).map(({ variant }) => variant);
    return { name: [...new Set(names)].join(', '), color: 'currentColor', mark };
  });
  return {
    entries: [
      ...groups.map((name, i) => ({ name, color: seriesColor(i) })),
      ...shapes.filter(({ name }) => name !== ''),
    ],
    list: points.map(({ name }, i) => ({ key: String(i + 1), name })),
  };
}

const xRange = (points: readonly RooflinePoint[], ridge: number): [number, number] => {
  const all = [ridge, ...points.map(({ flopsPerByte }) => flopsPerByte)];
  return [Math.min(...all) / 3, Math.max(...all) * 3];
};

const yRange = (points: readonly RooflinePoint[], peak: number): [number, number] => {
  const all = [peak, ...points.map(({ reached }) => reached)];
  return [Math.min(...all) / 2.5, Math.max(...all) * 1.8];
};

function describe({ points, y, peak, bandwidth }: Roofline, ridge: number): string {
  const list = points.map(
    ({ name, reached, flopsPerByte }, i) =>
      `${i + 1} ${name} ${formatNumber(reached)} at ${formatNumber(flopsPerByte)}`,
  );
  return `${axisText(y)} against FLOPs per byte, both logarithmic; roof: ${peak.text}, ${bandwidth.text}, ridge at ${formatNumber(ridge)} FLOPs per byte. Points: ${list.join('; ')}.`;
}

function checkRoofline({ title, points, peak, bandwidth }: Roofline) {
  const chart = `roofline "${title}"`;
  requireSome(chart, 'points', points);
  requireNumber(chart, 'the peak', peak.reached, 'log');
  requireNumber(chart, 'the bandwidth', bandwidth.perFlopPerByte, 'log');
  for (const { name, flopsPerByte, reached } of points) {
    if (name === '') {
      throw new ChartError(`${chart}: expected every point to have a name, got ''. Name what ran.`);
    }
    requireNumber(chart, `FLOPs per byte of ${name}`, flopsPerByte, 'log');
    requireNumber(chart, `the height of ${name}`, reached, 'log');
  }
}
