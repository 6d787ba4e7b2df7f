// Bars cut into parts: where the time of a training step goes, kernel by kernel, in families of colour.

import * as Plot from '@observablehq/plot';
import { type Axis, axisText, plotScale } from './axis.ts';
import { ChartError, requireNumber, requireSome } from './chart-error.ts';
import { type ChartFrame, DEFAULT_WIDTH, framed, MARGIN } from './frame.ts';
import { formatNumber } from './numbers.ts';
import { familyColor, inkOn } from './palette.ts';
import { textWidth } from './style.ts';

export interface BarPart {
  name: string;
  /** Parts of one family stand together, in shades of one colour. */
  family: string;
  /** At least 0. */
  value: number;
  /** Shown when the part is pointed at. Default: its name and value. */
  text?: string;
}

export interface Bar {
  name: string;
  parts: readonly BarPart[];
  /** Stands at its end. Default: the sum of its parts. */
  total?: string;
}

/** Parts of a family below half a hundredth of every bar are summed up as its rest. */
export interface StackedBars extends ChartFrame {
  /** Of the parts' values, e.g. `{ label: 'GPU time', unit: 'ms' }`. */
  x: Axis;
  bars: readonly Bar[];
  /** Families from left to right. Default: in the order of the bars' parts. */
  families?: readonly string[];
}

interface Part {
  name: string;
  family: string;
  color: string;
  /** Names of the bars' parts that it stands for. */
  members: readonly string[];
}

interface Piece {
  bar: string;
  part: Part;
  from: number;
  to: number;
  text: string;
}

const SMALLEST_SHARE = 0.005;
const LABEL_SIZE = 10;

/** @throws ChartError for no bars, a bar without parts, or a negative or non-finite value. */
export function stackedBars(chart: StackedBars): string {
  checkBars(chart);
  const { bars, x, width = DEFAULT_WIDTH } = chart;
  const parts = partsOf(chart);
  const pieces = bars.flatMap((bar) => piecesOf(bar, parts, x));
  const ends = bars.map((bar) => {
    const sum = totalOf(bar);
    return { bar: bar.name, sum, text: bar.total ?? formatNumber(sum) };
  });
  const most = Math.max(...ends.map(({ sum }) => sum)) || 1;
  const marginLeft = Math.min(240, 16 + Math.max(...bars.map(({ name }) => textWidth(name, 11))));
  const marginRight = 18 + Math.max(...ends.map(({ text }) => textWidth(text, 11.5)));
  const pixels = (width - 2 * MARGIN - marginLeft - marginRight) / most;
  return framed(
    { ...chart, description: describe(bars, x) },
    { entries: [], families: familiesOf(parts) },
    {
      height: bars.length * 38 + 62,
      ...{ marginLeft, marginRight, marginBottom: 42, marginTop: 8 },
      x: plotScale(x, [0, most * (1 + 1e-9)]),
      y: { label: null, domain: bars.map(({ name }) => name), padding: 0.25, tickSize: 0 },
      marks: [
        Plot.barX(pieces, {
          ...{ y: 'bar', x1: 'from', x2: 'to', insetRight: 0.6, title: 'text' },
          fill: ({ part }: Piece) => part.color,
        }),
        Plot.text(pieces, {
          y: 'bar',
          x: ({ from, to }: Piece) => (from + to) / 2,
          text: (piece: Piece) => labelOf(piece, pixels),
          fill: ({ part }: Piece) => inkOn(part.color),
          fontSize: LABEL_SIZE,
          pointerEvents: 'none',
        }),
        Plot.text(ends, {
          ...{ y: 'bar', x: 'sum', text: 'text', textAnchor: 'start', dx: 6, fontWeight: 600 },
        }),
        Plot.ruleX([0]),
      ],
    },
  );
}

/** Name and value where there is room, else the value, else nothing. */
function labelOf({ part, from, to }: Piece, pixels: number): string | null {
  const room = (to - from) * pixels - 6;
  const value = formatNumber(Number((to - from).toPrecision(2)));
  const fits = (text: string) => textWidth(text, LABEL_SIZE) <= room;
  return [`${part.name} ${value}`, value].find(fits) ?? null;
}

/** What has a colour: by family, in each the heaviest first and darkest. */
function partsOf({ bars, families }: StackedBars): Part[] {
  const all = bars.flatMap(({ parts }) => parts);
  const order = [...new Set([...(families ?? []), ...all.map(({ family }) => family)])];
  const present = order.filter((family) => all.some((part) => part.family === family));
  return present.flatMap((family, hue) => {
    const names = namesByWeight(all.filter((part) => part.family === family));
    const isLarge = (name: string) =>
      bars.some((bar) => shareOf(name, family, bar) >= SMALLEST_SHARE);
    const [large, small] = [names.filter(isLarge), names.filter((name) => !isLarge(name))];
    const groups = [
      ...large.map((name) => ({ name, members: [name] })),
      ...(small.length > 0 ? [{ name: restName(small), members: small }] : []),
    ];
    return groups.map((group, shade) => ({
      ...group,
      family,
      color: familyColor(hue, shade, groups.length),
    }));
  });
}

const restName = (names: readonly string[]): string =>
  names.length === 1 ? (names[0] as string) : `rest (${names.length})`;

function namesByWeight(parts: readonly BarPart[]): string[] {
  const sums = new Map<string, number>();
  for (const { name, value } of parts) sums.set(name, (sums.get(name) ?? 0) + value);
  return [...sums].sort(([, a], [, b]) => b - a).map(([name]) => name);
}

function shareOf(name: string, family: string, bar: Bar): number {
  const own = bar.parts.filter((part) => part.name === name && part.family === family);
  return totalOf({ ...bar, parts: own }) / (totalOf(bar) || 1);
}

function piecesOf(bar: Bar, parts: readonly Part[], x: Axis): Piece[] {
  let from = 0;
  return parts.flatMap((part) => {
    const members = bar.parts.filter(
      ({ name, family }) => family === part.family && part.members.includes(name),
    );
    const value = totalOf({ ...bar, parts: members });
    if (value === 0) return [];
    const texts = members.map(
      (one) => one.text ?? `${one.name}: ${formatNumber(one.value)} ${x.unit ?? ''}`.trim(),
    );
    const piece = { bar: bar.name, part, from, to: from + value, text: texts.join('\n') };
    from += value;
    return [piece];
  });
}

const familiesOf = (parts: readonly Part[]) =>
  [...new Set(parts.map(({ family }) => family))].map((name) => ({
    name,
    entries: parts.filter(({ family }) => family === name),
  }));

const totalOf = ({ parts }: Bar) => parts.reduce((sum, { value }) => sum + value, 0);

function describe(bars: readonly Bar[], x: Axis): string {
  const lines = bars.map((bar) => {
    const largest = [...bar.parts].sort((a, b) => b.value - a.value).slice(0, 5);
    const texts = largest.map(({ name, value }) => `${name} ${formatNumber(value)}`);
    return `${bar.name}: ${bar.total ?? formatNumber(totalOf(bar))}, of it ${texts.join(', ')}`;
  });
  return `Stacked bars of ${axisText(x)}. ${lines.join('. ')}.`;
}

function checkBars({ title, bars }: StackedBars): void {
  const chart = `stackedBars "${title}"`;
  requireSome(chart, 'bars', bars);
  for (const bar of bars) {
    requireSome(chart, `parts of ${bar.name}`, bar.parts);
    for (const { name, value } of bar.parts) {
      requireNumber(chart, `${name} of ${bar.name}`, value);
      if (value < 0) {
        throw new ChartError(
          `${chart}: expected ${name} of ${bar.name} to be at least 0, got ${value}. Drop it or mend its sign.`,
        );
      }
    }
  }
}
