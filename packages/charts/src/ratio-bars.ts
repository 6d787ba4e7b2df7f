// Bars from 1 on a logarithmic axis: how many times as long (or as much) as a reference, row by row, in groups.

import * as Plot from '@observablehq/plot';
import { plotScale } from './axis.ts';
import { requireNumber, requireSome } from './chart-error.ts';
import { type ChartFrame, DEFAULT_WIDTH, framed, MARGIN } from './frame.ts';
import { formatNumber } from './numbers.ts';
import { seriesColor } from './palette.ts';
import { textWidth } from './style.ts';

export interface RatioRow {
  /** Rows of one group stand together under its name, e.g. the case. */
  group: string;
  /** E.g. the runner. */
  name: string;
  /** Rows of one kind share a colour, e.g. the clock. */
  kind: string;
  /** Above 0; 1 = the reference. */
  ratio: number;
}

export interface RatioBars extends ChartFrame {
  /** What the ratio is, e.g. `its time / ours`. */
  label: string;
  /** What a bar to the left and one to the right of 1 mean. */
  sides: readonly [string, string];
  rows: readonly RatioRow[];
}

/** A row of the picture: a group's name, or a bar below it. */
interface Line extends Partial<RatioRow> {
  place: number;
  heading?: string;
}

const ROW_HEIGHT = 19;

/** @throws ChartError for no rows, or a ratio that is not above 0. */
export function ratioBars(chart: RatioBars): string {
  const { title, label, sides, rows, width = DEFAULT_WIDTH } = chart;
  requireSome(`ratioBars "${title}"`, 'rows', rows);
  for (const { name, group, ratio } of rows) {
    requireNumber(`ratioBars "${title}"`, `the ratio of ${name} in ${group}`, ratio, 'log');
  }
  const kinds = [...new Set(rows.map(({ kind }) => kind))];
  const lines = linesOf(rows);
  const bars = lines.filter((line): line is Line & RatioRow => line.ratio !== undefined);
  const marginLeft = Math.min(280, 16 + Math.max(...rows.map(({ name }) => textWidth(name, 11))));
  const [low, high] = domainOf(rows);
  return framed(
    { ...chart, width, description: describe(chart) },
    { entries: kinds.map((name, i) => ({ name, color: seriesColor(i) })) },
    {
      width: width - 2 * MARGIN,
      height: lines.length * ROW_HEIGHT + 74,
      ...{ marginLeft, marginRight: 24, marginTop: 26, marginBottom: 46 },
      x: {
        ...plotScale({ label, scale: 'log' }, [low, high]),
        labelAnchor: 'center',
        labelArrow: 'none',
      },
      y: {
        label: null,
        type: 'band',
        domain: lines.map(({ place }) => place),
        padding: 0.2,
        tickSize: 0,
        tickFormat: (place: number) => lines[place]?.name ?? '',
      },
      marks: [
        Plot.barX(bars, {
          ...{ y: 'place', x1: () => 1, x2: 'ratio' },
          fill: ({ kind }: RatioRow) => seriesColor(kinds.indexOf(kind)),
          title: (row: RatioRow) => `${row.group}, ${row.name}: ${ratioText(row)}`,
        }),
        ...valueMarks(bars),
        Plot.text(
          lines.filter(({ heading }) => heading),
          {
            ...{ y: 'place', text: 'heading', frameAnchor: 'left', textAnchor: 'start' },
            ...{ dx: -marginLeft, fontWeight: 600, className: 'halo' },
          },
        ),
        Plot.text([`← ${sides[0]}`], { frameAnchor: 'top-left', dy: -16, textAnchor: 'start' }),
        Plot.text([`${sides[1]} →`], { frameAnchor: 'top-right', dy: -16, textAnchor: 'end' }),
        Plot.ruleX([1], { strokeWidth: 1.5 }),
      ],
    },
  );
}

const times = (ratio: number) => `${formatNumber(Number(ratio.toPrecision(2)))}×`;

const ratioText = ({ ratio, kind }: RatioRow) => `${times(ratio)} (${kind})`;

/** Beyond the end of each bar, away from 1. */
function valueMarks(bars: readonly (Line & RatioRow)[]): Plot.Markish[] {
  const side = (textAnchor: 'start' | 'end', dx: number, isHere: (ratio: number) => boolean) =>
    Plot.text(
      bars.filter(({ ratio }) => isHere(ratio)),
      {
        ...{ y: 'place', x: 'ratio', textAnchor, dx },
        text: ({ ratio }: RatioRow) => times(ratio),
      },
    );
  return [side('start', 5, (ratio) => ratio >= 1), side('end', -5, (ratio) => ratio < 1)];
}

/** Groups in their order, each under its name; in each the smallest ratio first. */
function linesOf(rows: readonly RatioRow[]): Line[] {
  const groups = [...new Set(rows.map(({ group }) => group))];
  return groups
    .flatMap((group) => {
      const members = rows.filter((row) => row.group === group);
      return [{ heading: group }, ...members.sort((a, b) => a.ratio - b.ratio)];
    })
    .map((line, place) => ({ ...line, place }));
}

/** With room for the values beyond the bars. */
function domainOf(rows: readonly RatioRow[]): [number, number] {
  const all = rows.map(({ ratio }) => ratio);
  const [low, high] = [Math.min(1, ...all), Math.max(1, ...all)];
  const room = Math.max(1.15, (high / low) ** 0.12);
  return [low / room, high * room];
}

const describe = ({ label, rows }: RatioBars): string =>
  `${label}, on a logarithmic axis from 1. ${rows.map((row) => `${row.group}, ${row.name}: ${ratioText(row)}`).join('; ')}.`;
