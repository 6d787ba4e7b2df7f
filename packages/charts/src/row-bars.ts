// Horizontal bars in groups: time by kernel, or how many times as long as a baseline.

import * as Plot from '@observablehq/plot';
import { type Axis, axisText, plotScale } from './axis.ts';
import { requireNumber, requireSome } from './chart-error.ts';
import { type ChartFrame, DEFAULT_WIDTH, framed } from './frame.ts';
import { formatNumber } from './numbers.ts';
import { seriesColor } from './palette.ts';
import { textWidth } from './style.ts';

export interface BarRow {
  /** Rows of one group stand together under its name, e.g. the case. */
  group: string;
  name: string;
  /** Rows of one kind share a colour. */
  kind: string;
  value: number;
}

export interface RowBars extends ChartFrame {
  /** Of the values. Bars begin at 0 on a linear axis and at 1 on a logarithmic one. */
  x: Axis;
  rows: readonly BarRow[];
}

/** A row of the picture: a group's name, or a bar below it. */
interface Line extends Partial<BarRow> {
  place: number;
  heading?: string;
}

const ROW_HEIGHT = 19;

/** @throws ChartError for no rows, or a value that has no place on the axis. */
export function rowBars(chart: RowBars): string {
  const { title, x, rows, width = DEFAULT_WIDTH } = chart;
  requireSome(`rowBars "${title}"`, 'rows', rows);
  for (const { name, group, value } of rows) {
    requireNumber(`rowBars "${title}"`, `the value of ${name} in ${group}`, value, x.scale);
  }
  const kinds = [...new Set(rows.map(({ kind }) => kind))];
  const lines = toLines(rows);
  const bars = lines.filter((line): line is Line & BarRow => line.value !== undefined);
  const marginLeft = Math.min(280, 16 + Math.max(...rows.map(({ name }) => textWidth(name, 11))));
  const origin = x.scale === 'log' ? 1 : 0;
  return framed(
    { ...chart, width, description: describe(chart) },
    { entries: kinds.length > 1 ? kinds.map((name, i) => ({ name, color: seriesColor(i) })) : [] },
    {
      height: lines.length * ROW_HEIGHT + 60,
      ...{ marginLeft, marginRight: 56, marginTop: 8, marginBottom: 46 },
      x: { ...plotScale(x, toDomain(rows, origin)), labelAnchor: 'center', labelArrow: 'none' },
      y: {
        ...{ label: null, type: 'band', padding: 0.2, tickSize: 0 },
        domain: lines.map(({ place }) => place),
        tickFormat: (place: number) => lines[place]?.name ?? '',
      },
      marks: [
        Plot.barX(bars, {
          ...{ y: 'place', x1: () => origin, x2: 'value' },
          fill: ({ kind }: BarRow) => seriesColor(kinds.indexOf(kind)),
          title: (row: BarRow) => `${row.group}, ${row.name}: ${toText(row)}`,
        }),
        ...valueMarks(bars, origin),
        Plot.text(
          lines.filter(({ heading }) => heading),
          {
            ...{ y: 'place', text: 'heading', frameAnchor: 'left', textAnchor: 'start' },
            ...{ dx: -marginLeft, fontWeight: 600, className: 'halo' },
          },
        ),
        Plot.ruleX([origin], { strokeWidth: 1.5 }),
      ],
    },
  );
}

const toText = ({ value, kind }: BarRow) => `${formatNumber(value)} (${kind})`;

/** Beyond the end of each bar, away from its beginning. */
function valueMarks(bars: readonly (Line & BarRow)[], origin: number): Plot.Markish[] {
  const mark = (textAnchor: 'start' | 'end', dx: number, isHere: (value: number) => boolean) =>
    Plot.text(
      bars.filter(({ value }) => isHere(value)),
      {
        ...{ y: 'place', x: 'value', textAnchor, dx },
        text: ({ value }: BarRow) => formatNumber(Number(value.toPrecision(3))),
      },
    );
  return [mark('start', 5, (value) => value >= origin), mark('end', -5, (value) => value < origin)];
}

/** Each group's name, then its rows. */
function toLines(rows: readonly BarRow[]): Line[] {
  const groups = [...new Set(rows.map(({ group }) => group))];
  return groups
    .flatMap((group) => [{ heading: group }, ...rows.filter((row) => row.group === group)])
    .map((line, place) => ({ ...line, place }));
}

/** From the bars' beginning, with room for the values beyond their ends. */
function toDomain(rows: readonly BarRow[], origin: number): [number, number] {
  const all = [origin, ...rows.map(({ value }) => value)];
  const [low, high] = [Math.min(...all), Math.max(...all)];
  if (origin === 0) return [low * 1.1, high * 1.1 || 1];
  const room = Math.max(1.15, (high / low) ** 0.12);
  return [low / room, high * room];
}

const describe = ({ x, rows }: RowBars): string =>
  `Bars of ${axisText(x)}. ${rows.map((row) => `${row.group}, ${row.name}: ${toText(row)}`).join('; ')}.`;
