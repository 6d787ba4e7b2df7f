// A roofline: what each kernel reaches, under the two lines that the machine allows (memory bandwidth and peak arithmetic).

import * as Plot from '@observablehq/plot';
import { type Axis, axisText, plotScale } from './axis.ts';
import { requireSome } from './chart-error.ts';
import { seriesColor } from './colors.ts';
import { type ChartFrame, framed } from './frame.ts';
import { boxKeys, numberedKeys } from './keys.ts';
import { formatNumber } from './text.ts';

export interface RooflinePoint {
  name: string;
  /** Points of one group share a colour, e.g. the suite. */
  group: string;
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
}

const X: Axis = { label: 'arithmetic intensity', unit: 'FLOPs per byte', scale: 'log' };

/** @throws ChartError for no points, or numbers that are not above 0. */
export function roofline(chart: Roofline): string {
  const { points, peak, bandwidth } = chart;
  const title = `roofline "${chart.title}"`;
  requireSome(title, 'points', points);
  const groups = [...new Set(points.map(({ group }) => group))];
  const ridge = peak.reached / bandwidth.perFlopPerByte;
  const intensities = points.map(({ flopsPerByte }) => flopsPerByte);
  const heights = [peak.reached, ...points.map(({ reached }) => reached)];
  const [left, right] = spread([ridge, ...intensities]);
  const [bottom, top] = spread(heights);
  const entry = Math.max(left, bottom / bandwidth.perFlopPerByte);
  const roof = [
    { x: entry, y: entry * bandwidth.perFlopPerByte },
    { x: ridge, y: peak.reached },
    { x: right, y: peak.reached },
  ];
  const place = { x: 'flopsPerByte', y: 'reached' } as const;
  return framed(chart, {
    words: describe(chart, ridge),
    keys: boxKeys(groups),
    list: numberedKeys(points.map(({ name }) => name)),
    plot: {
      ...{ height: 400, marginLeft: 64, marginRight: 28, marginTop: 30, marginBottom: 42 },
      x: plotScale(title, { ...X, domain: [left, right] }, [ridge, ...intensities]),
      y: plotScale(title, { ...chart.y, scale: 'log', domain: [bottom, top] }, heights),
      marks: [
        Plot.lineY(roof, { x: 'x', y: 'y', stroke: 'currentColor', strokeWidth: 2 }),
        Plot.text(roof.slice(-1), { x: 'x', y: 'y', text: [peak.text], textAnchor: 'end', dy: -9 }),
        Plot.text(roof.slice(0, 1), {
          ...{ x: 'x', y: 'y', text: [bandwidth.text], textAnchor: 'start', dx: 14 },
        }),
        Plot.dot(points, {
          ...{ ...place, r: 4, className: 'point' },
          fill: ({ group }: RooflinePoint) => seriesColor(groups.indexOf(group)),
          title: (point: RooflinePoint) => `${points.indexOf(point) + 1} ${toText(point)}`,
        }),
        Plot.text(points, {
          ...{ ...place, dx: 7, dy: -7, fontSize: 10, fontWeight: 600, className: 'numbers' },
          text: (_: RooflinePoint, i: number) => String(i + 1),
        }),
      ],
    },
  });
}

/** The range of the values on a logarithmic axis, with room at both ends. */
const spread = (values: readonly number[]): [number, number] => [
  Math.min(...values) / 3,
  Math.max(...values) * 3,
];

const toText = ({ name, reached, flopsPerByte }: RooflinePoint): string =>
  `${name}: ${formatNumber(reached)} at ${formatNumber(flopsPerByte)} FLOPs per byte`;

const describe = ({ points, y, peak, bandwidth }: Roofline, ridge: number): string =>
  `${axisText({ ...y })} against FLOPs per byte, both logarithmic; roof: ${peak.text}, ${bandwidth.text}, ridge at ${formatNumber(ridge)} FLOPs per byte. Points: ${points.map((point, i) => `${i + 1} ${toText(point)}`).join('; ')}.`;
