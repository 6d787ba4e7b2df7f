// Rows in groups on one axis: bars (time by kernel, how many times as long as a baseline), or spreads (half-lives of a head's gates).

import * as Plot from '@observablehq/plot';
import { type Axis, axisText, plotScale } from './axis.ts';
import { requireSome } from './chart-error.ts';
import { seriesColor } from './colors.ts';
import { type ChartFrame, framed } from './frame.ts';
import { boxKeys } from './keys.ts';
import { formatNumber, textWidth } from './text.ts';

export interface BarRow {
  /** Rows of one group stand together under its name, e.g. the case. */
  group: string;
  name: string;
  /** Rows of one kind share a colour. */
  kind: string;
  value: number;
  /** p10, p25, p75, p90 around the value: a dot on a thin and a thick line is drawn instead of a bar. */
  spread?: readonly [number, number, number, number];
}

export interface RowBars extends ChartFrame {
  /** Of the values. Bars begin at 0 on a linear axis and at 1 on a logarithmic one. */
  x: Axis;
  rows: readonly BarRow[];
}

/** A line of the picture: a group's name, or a row below it. */
interface Line extends Partial<BarRow> {
  place: number;
  heading?: string;
}
type Placed = Line & BarRow;

const ROW_HEIGHT = 19;

/** @throws ChartError for no rows, or a value that has no place on the axis. */
export function rowBars(chart: RowBars): string {
  const { x, rows } = chart;
  const title = `rowBars "${chart.title}"`;
  requireSome(title, 'rows', rows);
  const kinds = [...new Set(rows.map(({ kind }) => kind))];
  const lines = toLines(rows);
  const marginLeft = Math.min(280, 16 + Math.max(...rows.map(({ name }) => textWidth(name, 11))));
  return framed(chart, {
    words: describe(chart),
    keys: kinds.length > 1 ? boxKeys(kinds) : [],
    plot: {
      height: lines.length * ROW_HEIGHT + 60,
      ...{ marginLeft, marginRight: 56, marginTop: 8, marginBottom: 46 },
      x: {
        ...plotScale(title, { ...x, domain: toDomain(chart) }, rows.flatMap(numbersOf)),
        ...{ labelAnchor: 'center', labelArrow: 'none' },
      },
      y: {
        ...{ label: null, type: 'band', padding: 0.2, tickSize: 0 },
        domain: lines.map(({ place }) => place),
        tickFormat: (place: number) => lines[place]?.name ?? '',
      },
      marks: [
        ...rowMarks(
          lines.filter((line): line is Placed => line.value !== undefined),
          kinds,
          x,
        ),
        Plot.text(
          lines.filter(({ heading }) => heading),
          {
            ...{ y: 'place', text: 'heading', frameAnchor: 'left', textAnchor: 'start' },
            ...{ dx: -marginLeft, fontWeight: 600, className: 'halo' },
          },
        ),
      ],
    },
  });
}

const originOf = ({ scale }: Axis) => (scale === 'log' ? 1 : 0);
const toText = ({ value, kind }: BarRow) => `${formatNumber(value)} (${kind})`;

function rowMarks(rows: readonly Placed[], kinds: readonly string[], x: Axis): Plot.Markish[] {
  const origin = originOf(x);
  const color = ({ kind }: BarRow) => seriesColor(kinds.indexOf(kind));
  const title = (row: BarRow) => `${row.group}, ${row.name}: ${toText(row)}`;
  const bars = rows.filter(({ spread }) => !spread);
  const spreads = rows.filter(({ spread }) => spread);
  const line = (from: number, to: number, strokeWidth: number) =>
    Plot.ruleY(spreads, {
      ...{ y: 'place', stroke: color, strokeWidth, strokeLinecap: 'round' },
      x1: ({ spread }: BarRow) => spread![from],
      x2: ({ spread }: BarRow) => spread![to],
    });
  /** Beyond the end of each row, away from its beginning. */
  const value = (textAnchor: 'start' | 'end', dx: number, isHere: (row: BarRow) => boolean) =>
    Plot.text(rows.filter(isHere), {
      ...{ y: 'place', textAnchor, dx },
      x: (row: BarRow) => row.spread?.[3] ?? row.value,
      text: (row: BarRow) => formatNumber(row.value),
    });
  const isLeft = (row: BarRow) => !row.spread && row.value < origin;
  return [
    Plot.barX(bars, { y: 'place', x1: () => origin, x2: 'value', fill: color, title }),
    ...[line(0, 3, 1.5), line(1, 2, 5)],
    Plot.dot(spreads, {
      ...{ x: 'value', y: 'place', fill: color, stroke: '#fff', strokeWidth: 1.5, r: 4.5, title },
    }),
    ...[value('start', 5, (row) => !isLeft(row)), value('end', -5, isLeft)],
    ...(bars.length > 0 ? [Plot.ruleX([origin], { strokeWidth: 1.5 })] : []),
  ];
}

/** Each group's name, then its rows. */
function toLines(rows: readonly BarRow[]): Line[] {
  const groups = [...new Set(rows.map(({ group }) => group))];
  return groups
    .flatMap((group) => [{ heading: group }, ...rows.filter((row) => row.group === group)])
    .map((line, place) => ({ ...line, place }));
}

/** From the bars' beginning, with room for the values beyond their ends. */
function toDomain({ x, rows }: RowBars): [number, number] {
  const beginning = rows.every(({ spread }) => spread) ? [] : [originOf(x)];
  const all = [...beginning, ...rows.flatMap(numbersOf)];
  const [low, high] = [Math.min(...all), Math.max(...all)];
  if (x.scale !== 'log') return [low * 1.1, high * 1.1 || 1];
  const room = Math.max(1.15, (high / low) ** 0.12);
  return [low / room, high * room];
}

const numbersOf = ({ value, spread = [value, value, value, value] }: BarRow) => [value, ...spread];

const describe = ({ x, rows }: RowBars): string =>
  `Bars of ${axisText(x)}. ${rows.map((row) => `${row.group}, ${row.name}: ${toText(row)}`).join('; ')}.`;
