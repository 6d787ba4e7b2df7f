// Bars cut into parts: where the time of a training step goes, kernel by kernel.

import * as Plot from '@observablehq/plot';
import { type Axis, plotScale } from './axis.ts';
import { ChartError, requireNumber, requireSome } from './chart-error.ts';
import { type ChartFrame, DEFAULT_WIDTH, framed, MARGIN } from './frame.ts';
import { formatNumber } from './numbers.ts';
import { restColor, seriesColor, seriesColors } from './palette.ts';
import { textWidth } from './style.ts';

export interface Bar {
  name: string;
  parts: readonly { name: string; value: number }[];
}

/** The seven parts that weigh most have a colour each; the rest is summed up as "other". */
export interface StackedBars extends ChartFrame {
  /** Of the parts' values, which must not be negative, e.g. `{ label: 'GPU time', unit: 'ms' }`. */
  x: Axis;
  bars: readonly Bar[];
}

interface Piece {
  bar: string;
  part: string;
  from: number;
  to: number;
}

const REST = 'other';

/** @throws ChartError for no bars, a bar without parts, or a negative or non-finite value. */
export function stackedBars(chart: StackedBars): string {
  checkBars(chart);
  const { bars, x, width = DEFAULT_WIDTH } = chart;
  const names = largestParts(bars);
  const pieces = bars.flatMap((bar) => piecesOf(bar, names));
  const totals = bars.map((bar) => ({ bar: bar.name, total: totalOf(bar) }));
  const most = Math.max(...totals.map(({ total }) => total)) || 1;
  const marginLeft = Math.min(240, 16 + Math.max(...bars.map(({ name }) => textWidth(name, 11))));
  const pixels = (width - 2 * MARGIN - marginLeft - 64) / most;
  const colorOf = (part: string) => (part === REST ? restColor : seriesColor(names.indexOf(part)));
  const shown = pieces.some(({ part }) => part === REST) ? [...names, REST] : names;
  return framed(
    chart,
    { entries: shown.map((name) => ({ name, color: colorOf(name) })) },
    {
      height: bars.length * 38 + 62,
      marginLeft,
      marginRight: 64,
      marginBottom: 42,
      marginTop: 8,
      x: plotScale(x, [0, most]),
      y: { label: null, domain: bars.map(({ name }) => name), padding: 0.25 },
      marks: [
        Plot.barX(pieces, {
          y: 'bar',
          x1: 'from',
          x2: 'to',
          fill: ({ part }: Piece) => colorOf(part),
          insetRight: 0.6,
          title: ({ part, from, to }: Piece) =>
            `${part}: ${formatNumber(to - from)} ${x.unit ?? ''}`,
        }),
        Plot.text(
          pieces.filter(({ from, to }) => (to - from) * pixels > 34),
          {
            y: 'bar',
            x: ({ from, to }: Piece) => (from + to) / 2,
            text: ({ from, to }: Piece) => formatNumber(to - from),
            fill: '#fff',
            stroke: '#000',
            strokeOpacity: 0.35,
            strokeWidth: 2,
          },
        ),
        Plot.text(totals, {
          y: 'bar',
          x: 'total',
          text: ({ total }: { total: number }) => formatNumber(total),
          textAnchor: 'start',
          dx: 6,
          fontWeight: 600,
        }),
        Plot.ruleX([0]),
      ],
    },
  );
}

/** Names of the parts that weigh most over all bars, heaviest first: one a colour. */
function largestParts(bars: readonly Bar[]): string[] {
  const sums = new Map<string, number>();
  for (const { name, value } of bars.flatMap(({ parts }) => parts)) {
    sums.set(name, (sums.get(name) ?? 0) + value);
  }
  return [...sums]
    .sort(([, a], [, b]) => b - a)
    .map(([name]) => name)
    .slice(0, seriesColors);
}

function piecesOf(bar: Bar, names: readonly string[]): Piece[] {
  let from = 0;
  return [...names, REST].flatMap((part) => {
    const matches = (name: string) => (part === REST ? !names.includes(name) : name === part);
    const value = bar.parts.reduce((sum, p) => sum + (matches(p.name) ? p.value : 0), 0);
    if (value === 0) return [];
    const piece = { bar: bar.name, part, from, to: from + value };
    from += value;
    return [piece];
  });
}

const totalOf = ({ parts }: Bar) => parts.reduce((sum, { value }) => sum + value, 0);

function checkBars({ title, bars }: StackedBars): void {
  const chart = `stackedBars "${title}"`;
  requireSome(chart, 'bars', bars);
  for (const bar of bars) {
    requireSome(chart, `parts of ${bar.name}`, bar.parts);
    for (const { name, value } of bar.parts) {
      requireNumber(chart, `${name} of ${bar.name}`, value);
      if (value < 0) {
        throw new ChartError(
          `${chart}: expected ${name} of ${bar.name} to be at least 0, got ${value}.`,
        );
      }
    }
  }
}
