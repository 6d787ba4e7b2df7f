// Heat maps with lines over them, several side by side on one colour scale: decay maps with their pruning boundaries.

import * as Plot from '@observablehq/plot';
import { type Axis, axisText, plotScale } from './axis.ts';
import { ChartError, requireNumber, requireSome } from './chart-error.ts';
import { type ChartFrame, DEFAULT_WIDTH, framed, MARGIN } from './frame.ts';
import type { Legend } from './legend.ts';
import { formatPowerOfTwo } from './numbers.ts';
import { overlayColor, rampColor } from './palette.ts';
import { pngDataUri } from './png.ts';

export interface HeatmapLine {
  /** Lines of one name share a colour over all panels. */
  name: string;
  /** In the units of the axes. */
  points: readonly { x: number; y: number }[];
}

export interface HeatmapPanel {
  name: string;
  /** [rows, columns], the first row on top. */
  values: ArrayLike<number>;
  rows: number;
  columns: number;
  /** [rows, columns], 0 where nothing is drawn. */
  mask?: ArrayLike<number>;
  lines?: readonly HeatmapLine[];
}

type RangedAxis = Axis & { domain: readonly [number, number] };

export interface Heatmap extends ChartFrame {
  x: RangedAxis;
  /** Grows downwards, as the rows of a matrix do. */
  y: RangedAxis;
  /** Of the values; those outside `domain` take the colour of its end. */
  color: { label: string; domain: readonly [number, number] };
  /** All on the same axes and colours. */
  panels: readonly HeatmapPanel[];
  /** Panels in a row. Default: as many as fit at 150 pixels each. */
  perRow?: number;
}

interface Placed extends HeatmapPanel {
  column: number;
  row: number;
  src: string;
}

const LEFT = 64;
const RIGHT = 10;
const TOP = 20;

/** @throws ChartError for no panels, sizes that disagree, or a drawn value that is not a finite number. */
export function heatmap(chart: Heatmap): string {
  checkHeatmap(chart);
  const width = (chart.width ?? DEFAULT_WIDTH) - 2 * MARGIN;
  const room = width - LEFT - RIGHT;
  const perRow = Math.min(chart.panels.length, chart.perRow ?? Math.max(1, Math.floor(room / 150)));
  const rows = Math.ceil(chart.panels.length / perRow);
  const side = Math.min(420, room / perRow);
  const panels = chart.panels.map((panel, i) => ({
    ...panel,
    column: i % perRow,
    row: Math.floor(i / perRow),
    src: drawPixels(panel, chart.color.domain),
  }));
  return framed({ ...chart, description: describe(chart) }, toLegend(chart), {
    width: LEFT + RIGHT + side * perRow,
    height: rows * side * 1.1 + TOP + 40,
    marginLeft: LEFT,
    marginRight: RIGHT,
    marginTop: TOP,
    marginBottom: 40,
    fx: { axis: null, padding: 0.06, domain: range(perRow) },
    fy: { axis: null, padding: 0.15, domain: range(rows) },
    x: { ...placeScale(chart.x), ticks: [chart.x.domain[0], middleOf(chart.x)] },
    y: {
      ...placeScale(chart.y),
      ticks: [chart.y.domain[0], middleOf(chart.y), chart.y.domain[1]],
      reverse: true,
    },
    marks: [
      imageMark(panels, chart),
      Plot.frame({ strokeOpacity: 0.3 }),
      ...lineMarks(panels),
      nameMark(panels, chart),
    ],
  });
}

const describe = ({ x, y, color, panels }: Heatmap): string =>
  `Maps of ${color.label} by ${axisText(y)} (downwards) and ${axisText(x)}: ${panels.map(({ name }) => name).join(', ')}. Lines: ${lineNames(panels).join(', ') || 'none'}.`;

/** Tokens of a text: named in the middle of the axis, where no panel's name stands. */
const placeScale = (axis: RangedAxis) => ({
  ...plotScale(axis, axis.domain),
  grid: false,
  labelAnchor: 'center' as const,
  labelArrow: 'none' as const,
  tickFormat: formatPowerOfTwo,
});

const middleOf = ({ domain: [low, high] }: RangedAxis) => Math.round((low + high) / 2);

const range = (count: number) => Array.from({ length: count }, (_, i) => i);
const facet = { fx: 'column', fy: 'row' } as const;

/** One picture a panel, stretched over it. */
function imageMark(panels: readonly Placed[], { x, y }: Heatmap): Plot.Markish {
  return Plot.image(panels, {
    ...facet,
    x: () => x.domain[0],
    y: () => y.domain[0],
    src: 'src',
    render(index, scales, values, dimensions, context, next) {
      const group = next?.(index, scales, values, dimensions, context) ?? null;
      const { width, height, marginLeft, marginRight, marginTop, marginBottom } = dimensions;
      for (const image of group ? [...group.querySelectorAll('image')] : []) {
        const box = {
          x: marginLeft,
          y: marginTop,
          width: width - marginLeft - marginRight,
          height: height - marginTop - marginBottom,
          preserveAspectRatio: 'none',
          style: 'image-rendering:pixelated',
        };
        for (const [name, value] of Object.entries(box)) image.setAttribute(name, String(value));
      }
      return group;
    },
  });
}

/** Each line twice: a dark edge under a bright core, so that it shows on every colour of the map. */
function lineMarks(panels: readonly Placed[]): Plot.Markish[] {
  const names = lineNames(panels);
  return panels.flatMap(({ lines = [], column, row }) =>
    lines.flatMap(({ name, points }) => {
      const data = points.map((point) => ({ ...point, column, row }));
      const line = (stroke: string, strokeWidth: number) =>
        Plot.line(data, { ...facet, x: 'x', y: 'y', stroke, strokeWidth, strokeLinejoin: 'miter' });
      return [line('#000000', 3.4), line(overlayColor(names.indexOf(name)), 1.8)];
    }),
  );
}

const nameMark = (panels: readonly Placed[], { x, y }: Heatmap): Plot.Markish =>
  Plot.text(panels, {
    ...facet,
    x: () => x.domain[0],
    y: () => y.domain[0],
    text: 'name',
    textAnchor: 'start',
    lineAnchor: 'bottom',
    dy: -4,
    fontWeight: 600,
  });

const lineNames = (panels: readonly HeatmapPanel[]): string[] => [
  ...new Set(panels.flatMap(({ lines = [] }) => lines.map(({ name }) => name))),
];

function toLegend({ panels, color }: Heatmap): Legend {
  const entries = lineNames(panels).map((name, i) => ({
    name,
    color: overlayColor(i),
    mark: 'edged' as const,
  }));
  return { entries, ramp: color };
}

/** @returns the panel's values as a PNG in a data URI; transparent where the mask is 0. */
function drawPixels(panel: HeatmapPanel, [low, high]: readonly [number, number]): string {
  const { values, rows, columns, mask } = panel;
  const pixels = new Uint8Array(rows * columns * 4);
  for (let i = 0; i < rows * columns; i++) {
    if (mask && !mask[i]) continue;
    const share = ((values[i] as number) - low) / (high - low);
    pixels.set([...rampColor(share), 255], i * 4);
  }
  return pngDataUri({ width: columns, height: rows, pixels });
}

function checkHeatmap({ title, panels, color, x, y }: Heatmap): void {
  const chart = `heatmap "${title}"`;
  requireSome(chart, 'panels', panels);
  for (const [low, high] of [color.domain, x.domain, y.domain]) {
    if (low < high) continue;
    throw new ChartError(
      `${chart}: expected every domain to be [low, high] with low < high, got [${low}, ${high}].`,
    );
  }
  for (const { name, values, rows, columns, mask, lines = [] } of panels) {
    const size = rows * columns;
    if (size < 1 || values.length !== size || (mask && mask.length !== size)) {
      throw new ChartError(
        `${chart}: expected ${rows} × ${columns} values (and mask) in panel ${name}, got ${values.length}${mask ? ` and ${mask.length}` : ''}.`,
      );
    }
    for (let i = 0; i < size; i++) {
      if (!mask || mask[i])
        requireNumber(chart, `value ${i} of panel ${name}`, values[i] as number);
    }
    for (const point of lines.flatMap(({ points }) => points)) {
      requireNumber(chart, `x of a line in panel ${name}`, point.x, x.scale);
      requireNumber(chart, `y of a line in panel ${name}`, point.y, y.scale);
    }
  }
}
