// A roofline: what each kernel reaches, under the two lines that the machine allows (memory bandwidth and peak arithmetic).

import * as Plot from '@observablehq/plot';
import { type Axis, axisText, plotScale } from './axis.ts';
import { ChartError, requireNumber, requireSome } from './chart-error.ts';
import { type ChartFrame, DEFAULT_WIDTH, framed, MARGIN } from './frame.ts';
import { type Legend, POINT_MARKS, pointMark } from './legend.ts';
import { formatNumber } from './numbers.ts';
import { seriesColor } from './palette.ts';
import { type Box, boxAround, placeLabels } from './place-labels.ts';
import { textWidth } from './style.ts';

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
const PLOT = { marginLeft: 64, marginRight: 28, marginTop: 30, marginBottom: 42 };
const KEY_SIZE = 10;

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

interface Domains {
  x: [number, number];
  y: [number, number];
}

/** The roof from where the slope enters the picture. */
function roofLine({ peak, bandwidth }: Roofline, { x, y }: Domains) {
  const slope = bandwidth.perFlopPerByte;
  const entry = Math.max(x[0], y[0] / slope);
  return { entry, ridge: peak.reached / slope, end: x[1], slope };
}

function roofMarks(chart: Roofline, domains: Domains): Plot.Markish[] {
  const { entry, ridge, end, slope } = roofLine(chart, domains);
  const { peak, bandwidth } = chart;
  const middle = entry ** 0.35 * ridge ** 0.65;
  const roof = [
    { x: entry, y: entry * slope },
    { x: ridge, y: peak.reached },
    { x: end, y: peak.reached },
  ];
  return [
    Plot.lineY(roof, { x: 'x', y: 'y', stroke: 'currentColor', strokeWidth: 2 }),
    Plot.text([{ x: end, y: peak.reached }], {
      ...{ x: 'x', y: 'y', text: [peak.text], textAnchor: 'end', dy: -9 },
    }),
    Plot.text([{ x: middle, y: middle * slope }], {
      ...{ x: 'x', y: 'y', text: [bandwidth.text], textAnchor: 'end', dx: -10, dy: -4 },
    }),
  ];
}

/** One mark a shape, as Plot draws one shape a mark. */
function pointMarks({ points, y }: Roofline): Plot.Markish[] {
  const { groups, shapeOf } = kinds(points);
  return POINT_MARKS.map((symbol) =>
    Plot.dot(
      points.filter((point) => shapeOf(point) === symbol),
      {
        x: 'flopsPerByte',
        y: 'reached',
        r: 4,
        symbol,
        className: 'point',
        fill: ({ group }: RooflinePoint) => seriesColor(groups.indexOf(group)),
        title: (point: RooflinePoint) =>
          `${points.indexOf(point) + 1} ${point.name}: ${axisText(y)} ${formatNumber(point.reached)} at ${formatNumber(point.flopsPerByte)} FLOPs per byte`,
      },
    ),
  );
}

/** Numbers beside the points, joined to them by a line where they had to stand apart. */
function keyMarks(chart: Roofline, view: View, domains: Domains): Plot.Markish[] {
  const labelled = chart.points.map(({ flopsPerByte, reached }, i) => ({
    x: view.x.pixel(flopsPerByte),
    y: view.y.pixel(reached),
    width: textWidth(String(i + 1), KEY_SIZE) + 3,
    height: KEY_SIZE + 1,
  }));
  const taken = takenBoxes(chart, view, domains);
  const keys = placeLabels(labelled, view.area, taken).flatMap((place, i) => {
    const point = chart.points[i] as RooflinePoint;
    if (!place) return [];
    const [x, y] = [view.x.value(place.x), view.y.value(place.y)];
    return { x, y, point, key: String(i + 1), distance: place.distance };
  });
  return [
    Plot.link(
      keys.filter(({ distance }) => distance > 13),
      {
        ...{ x1: (key) => key.point.flopsPerByte, y1: (key) => key.point.reached },
        ...{ x2: 'x', y2: 'y', stroke: 'currentColor', strokeOpacity: 0.35, strokeWidth: 0.7 },
      },
    ),
    Plot.text(keys, {
      ...{ x: 'x', y: 'y', text: 'key', fontSize: KEY_SIZE, fontWeight: 600 },
      className: 'numbers',
    }),
  ];
}

/** Where the texts of the roof stand, and the roof itself, in steps. */
function takenBoxes(chart: Roofline, view: View, domains: Domains): Box[] {
  const { entry, ridge, end, slope } = roofLine(chart, domains);
  const [x, y] = [(value: number) => view.x.pixel(value), (value: number) => view.y.pixel(value)];
  const before = (text: string, right: number, middle: number) => {
    const width = textWidth(text, 11);
    return boxAround(right - width / 2, middle, width, 14);
  };
  const middle = entry ** 0.35 * ridge ** 0.65;
  const steps = Array.from({ length: 101 }, (_, i) => entry * (end / entry) ** (i / 100));
  return [
    before(chart.peak.text, x(end), y(chart.peak.reached) - 9),
    before(chart.bandwidth.text, x(middle) - 10, y(middle * slope) - 4),
    ...steps.map((at) => boxAround(x(at), y(Math.min(at * slope, chart.peak.reached)), 6, 4)),
  ];
}

interface View {
  x: LogScale;
  y: LogScale;
  area: Box;
}

interface LogScale {
  pixel(value: number): number;
  value(pixel: number): number;
}

/** Plot's own log scales, so that places can be reckoned in pixels. */
function viewOf({ x, y }: Domains, width: number, height: number): View {
  const area = {
    left: PLOT.marginLeft,
    right: width - PLOT.marginRight,
    top: PLOT.marginTop,
    bottom: height - PLOT.marginBottom,
  };
  return {
    x: logScale(x, [area.left, area.right]),
    y: logScale(y, [area.bottom, area.top]),
    area,
  };
}

const logScale = (
  [low, high]: readonly [number, number],
  [from, to]: readonly [number, number],
): LogScale => ({
  pixel: (value) => from + ((to - from) * Math.log(value / low)) / Math.log(high / low),
  value: (pixel) => low * (high / low) ** ((pixel - from) / (to - from)),
});

/** Groups in order; of each group its first variant has the first shape, and so on. */
function kinds(points: readonly RooflinePoint[]) {
  const groups = [...new Set(points.map(({ group }) => group))];
  const variantsOf = (group: string) => [
    ...new Set(points.filter((one) => one.group === group).map(({ variant }) => variant)),
  ];
  const places = new Map(groups.map((group) => [group, variantsOf(group)]));
  const shapeOf = ({ group, variant }: RooflinePoint) =>
    pointMark(places.get(group)?.indexOf(variant) ?? 0);
  return { groups, shapeOf };
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
