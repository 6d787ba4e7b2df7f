// What a roofline draws: the roof, the points, and their numbers.

import * as Plot from '@observablehq/plot';
import { axisText } from './axis.ts';
import { POINT_MARKS, pointMark } from './legend.ts';
import { formatNumber } from './numbers.ts';
import { seriesColor } from './palette.ts';
import { type Box, boxAround, placeLabels } from './place-labels.ts';
import type { Roofline, RooflinePoint } from './roofline.ts';
import { textWidth } from './style.ts';

/** Margins of the plot in pixels. */
export const PLOT = { marginLeft: 64, marginRight: 28, marginTop: 30, marginBottom: 42 };
const KEY_SIZE = 10;

export interface Domains {
  x: [number, number];
  y: [number, number];
}

/** The roof from where the slope enters the picture. */
function roofLine({ peak, bandwidth }: Roofline, { x, y }: Domains) {
  const slope = bandwidth.perFlopPerByte;
  const entry = Math.max(x[0], y[0] / slope);
  const ridge = peak.reached / slope;
  // Where the text of the slope ends.
  const textEnd = entry ** 0.35 * ridge ** 0.65;
  return { entry, ridge, end: x[1], slope, textEnd };
}

export function roofMarks(chart: Roofline, domains: Domains): Plot.Markish[] {
  const { entry, ridge, end, slope, textEnd } = roofLine(chart, domains);
  const { peak, bandwidth } = chart;
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
    Plot.text([{ x: textEnd, y: textEnd * slope }], {
      ...{ x: 'x', y: 'y', text: [bandwidth.text], textAnchor: 'end', dx: -10, dy: -4 },
    }),
  ];
}

/** One mark a shape, as Plot draws one shape a mark. */
export function pointMarks({ points, y }: Roofline): Plot.Markish[] {
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
export function keyMarks(chart: Roofline, view: View, domains: Domains): Plot.Markish[] {
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
  const { entry, end, slope, textEnd } = roofLine(chart, domains);
  const [x, y] = [(value: number) => view.x.pixel(value), (value: number) => view.y.pixel(value)];
  const before = (text: string, right: number, middle: number) => {
    const width = textWidth(text, 11);
    return boxAround(right - width / 2, middle, width, 14);
  };
  const steps = Array.from({ length: 101 }, (_, i) => entry * (end / entry) ** (i / 100));
  return [
    before(chart.peak.text, x(end), y(chart.peak.reached) - 9),
    before(chart.bandwidth.text, x(textEnd) - 10, y(textEnd * slope) - 4),
    ...steps.map((at) => boxAround(x(at), y(Math.min(at * slope, chart.peak.reached)), 6, 4)),
  ];
}

export interface View {
  x: LogScale;
  y: LogScale;
  area: Box;
}

interface LogScale {
  pixel(value: number): number;
  value(pixel: number): number;
}

/** Plot's own log scales, so that places can be reckoned in pixels. */
export function viewOf({ x, y }: Domains, width: number, height: number): View {
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
export function kinds(points: readonly RooflinePoint[]) {
  const groups = [...new Set(points.map(({ group }) => group))];
  const variantsOf = (group: string) => [
    ...new Set(points.filter((one) => one.group === group).map(({ variant }) => variant)),
  ];
  const places = new Map(groups.map((group) => [group, variantsOf(group)]));
  const shapeOf = ({ group, variant }: RooflinePoint) =>
    pointMark(places.get(group)?.indexOf(variant) ?? 0);
  return { groups, shapeOf };
}
