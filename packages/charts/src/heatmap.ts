// Heat maps with lines over them, several side by side on one colour scale: decay maps with their pruning boundaries.

import * as Plot from '@observablehq/plot';
import { type Axis, axisText, plotScale } from './axis.ts';
import { ChartError, requireNumbers, requireSome } from './chart-error.ts';
import { drawValues, overlayColor } from './colors.ts';
import { type ChartFrame, framed, innerWidth } from './frame.ts';
import { edgedKey, rampKey } from './keys.ts';
import { formatPowerOfTwo } from './text.ts';

export interface HeatmapPanel {
  name: string;
  /** [rows, columns], the first row on top. */
  values: ArrayLike<number>;
  /** By name, in the units of the axes. Lines of one name share a colour over all panels. */
  lines?: Readonly<Record<string, readonly { x: number; y: number }[]>>;
}

export interface MapAxis extends Axis {
  domain: readonly [number, number];
  /** Of its rows or columns, where they are no positions; then the domain is [0, their number]. */
  names?: readonly string[];
}

export interface Heatmap extends ChartFrame {
  x: MapAxis;
  /** Grows downwards, as the rows of a matrix do. */
  y: MapAxis;
  /** Of the values; those outside `domain` take the colour of its end. */
  color: { label: string; domain: readonly [number, number] };
  /** Of each panel. */
  columns: number;
  /** Only values on and below the diagonal are drawn. */
  isCausal?: boolean;
  /** Writes each value into its cell. */
  formatCell?: (value: number) => string;
  /** All on the same axes and colours. */
  panels: readonly HeatmapPanel[];
}

const [LEFT, RIGHT] = [64, 10];
/** Between panels, in pixels; names stand in those above. */
const GAP = { x: 20, y: 30 };
/** Least width of a panel with its gap, and height of a row that has a name, in pixels. */
const [LEAST, NAMED_ROW] = [150, 44];

/** @throws ChartError for no panels, sizes that disagree, or a drawn value that is not a finite number. */
export function heatmap(chart: Heatmap): string {
  const { panels, color, x, y } = chart;
  const title = `heatmap "${chart.title}"`;
  checkPanels(title, chart);
  const room = innerWidth(chart) - LEFT - RIGHT + GAP.x;
  const perRow = Math.min(panels.length, Math.max(1, Math.floor(room / LEAST)));
  const rows = Math.ceil(panels.length / perRow);
  const width = Math.min(400, room / perRow - GAP.x);
  const height = y.names ? Math.min(width, NAMED_ROW * y.names.length) : width;
  const lines = [...new Set(panels.flatMap((panel) => Object.keys(panel.lines ?? {})))];
  const points = panels.flatMap((panel) => Object.values(panel.lines ?? {}).flat());
  const scale = (name: 'x' | 'y') => ({
    ...plotScale(
      title,
      chart[name],
      points.map((point) => point[name]),
    ),
    ...mapTicks(chart[name]),
  });
  return framed(chart, {
    words: `Maps of ${color.label} by ${axisText(y)} (downwards) and ${axisText(x)}: ${panels.map(({ name }) => name).join(', ')}. Lines: ${lines.join(', ') || 'none'}.`,
    keys: [
      ...lines.map((name, i) => edgedKey(name, overlayColor(i))),
      rampKey(color.label, color.domain),
    ],
    plot: {
      ...{ marginLeft: LEFT, marginRight: RIGHT, marginTop: 20, marginBottom: 40 },
      width: LEFT + RIGHT + perRow * (width + GAP.x) - GAP.x,
      height: 60 + rows * (height + GAP.y) - GAP.y,
      fx: facetScale(perRow, width, GAP.x),
      fy: facetScale(rows, height, GAP.y),
      x: scale('x'),
      y: { ...scale('y'), reverse: true },
      marks: marksOf(chart, { width, height, perRow, lines }),
    },
  });
}

const range = (count: number) => Array.from({ length: count }, (_, i) => i);

/** `count` panels of `size` pixels. */
const facetScale = (count: number, size: number, gap: number): Plot.ScaleOptions => ({
  ...{ axis: null, domain: range(count), round: false },
  ...{ paddingInner: count > 1 ? gap / (size + gap) : 0, paddingOuter: 0 },
});

/** Named in the middle of the axis, where no panel's name stands. */
function mapTicks({ names, domain: [low, high] }: MapAxis): Plot.ScaleOptions {
  const shared = { grid: false, labelAnchor: 'center', labelArrow: 'none' } as const;
  const marked = names
    ? { ticks: names.map((_, i) => i + 0.5), tickFormat: (at: number) => names[Math.floor(at)]! }
    : { ticks: [low, Math.round((low + high) / 2), high], tickFormat: formatPowerOfTwo };
  return { ...shared, ...marked };
}

interface Layout {
  width: number;
  height: number;
  perRow: number;
  lines: readonly string[];
}

/** One picture stretched over each panel; each line twice, a dark edge under a bright core, to show on every colour. */
function marksOf(chart: Heatmap, { width, height, perRow, lines }: Layout): Plot.Markish[] {
  const placed = chart.panels.map((panel, i) => ({
    ...{ panel, place: { fx: i % perRow, fy: Math.floor(i / perRow) } },
  }));
  const at = { fx: 'fx', fy: 'fy', x: 'x', y: 'y' };
  const pictures = placed.map(({ panel: { name, values }, place }) => {
    const isShown = (i: number) => isDrawn(chart, i);
    const { columns, color } = chart;
    const src = drawValues(values, { columns, domain: color.domain, isDrawn: isShown });
    return { ...place, name, src };
  });
  const cells = placed.flatMap(({ panel, place }) =>
    cellsOf(chart, panel).map((cell) => ({ ...cell, ...place })),
  );
  return [
    Plot.image(pictures, {
      ...{ fx: 'fx', fy: 'fy', src: 'src', frameAnchor: 'middle', width, height },
      ...{ preserveAspectRatio: 'none', imageRendering: 'pixelated' },
    }),
    Plot.frame({ strokeOpacity: 0.3 }),
    ...lines.flatMap((name, i) => {
      const points = placed.flatMap(({ panel, place }) =>
        (panel.lines?.[name] ?? []).map((point) => ({ ...point, ...place })),
      );
      const edge = { ...at, stroke: '#000000', strokeWidth: 3.4 };
      return [
        Plot.line(points, edge),
        Plot.line(points, { ...edge, stroke: overlayColor(i), strokeWidth: 1.8 }),
      ];
    }),
    Plot.text(cells, { ...at, text: 'text', className: 'halo' }),
    Plot.text(pictures, {
      ...{ fx: 'fx', fy: 'fy', text: 'name', frameAnchor: 'top-left', lineAnchor: 'bottom' },
      ...{ dy: -4, fontWeight: 600 },
    }),
  ];
}

/** The middle of each cell, and its value in words, where it is to be written. */
function cellsOf({ x, y, columns, formatCell }: Heatmap, { values }: HeatmapPanel) {
  if (!formatCell) return [];
  const middle = ({ domain: [low, high] }: MapAxis, i: number, count: number) =>
    low + ((high - low) * (i + 0.5)) / count;
  return Array.from(values, (value, i) => ({
    x: middle(x, i % columns, columns),
    y: middle(y, Math.floor(i / columns), values.length / columns),
    text: formatCell(value),
  }));
}

/** By the place of a value in its panel. */
const isDrawn = ({ columns, isCausal }: Heatmap, i: number) =>
  !isCausal || i % columns <= Math.floor(i / columns);

function checkPanels(title: string, chart: Heatmap): void {
  const { panels, columns } = chart;
  requireSome(title, 'panels', panels);
  for (const { name, values } of panels) {
    if (values.length === 0 || values.length % columns !== 0) {
      throw new ChartError(
        `${title}: expected rows of ${columns} values in panel ${name}, got ${values.length} values.`,
      );
    }
    const drawn = Array.from(values).filter((_, i) => isDrawn(chart, i));
    requireNumbers(title, `values of panel ${name}`, drawn);
  }
}
