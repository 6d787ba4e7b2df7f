// Keys of a chart: what its colours and marks mean.

import { escapeText } from './escape.ts';
import { formatNumber } from './numbers.ts';
import { cssColor, rampColor } from './palette.ts';
import { textWidth } from './style.ts';

/** Shapes of points, told apart without colour; in the order of a chart's variants. */
export const POINT_MARKS = ['circle', 'square', 'triangle', 'diamond'] as const;
export type PointMark = (typeof POINT_MARKS)[number];

export const pointMark = (index: number): PointMark =>
  POINT_MARKS[index % POINT_MARKS.length] as PointMark;

export interface LegendEntry {
  name: string;
  color: string;
  /** `edged`: a line on a dark edge, as over a heat map. Default `box`. */
  mark?: 'line' | 'dashed' | 'edged' | 'box' | PointMark;
  /** A line's points. */
  point?: PointMark;
}

export interface Legend {
  entries: readonly LegendEntry[];
  /** A colour scale, drawn after the entries. */
  ramp?: { label: string; domain: readonly [number, number] };
  /** Numbered points, in columns under the plot. */
  list?: readonly { key: string; name: string }[];
}

/** Part of a picture: SVG text from (0, 0), and its height in pixels. */
export interface Piece {
  svg: string;
  height: number;
}

interface Key {
  room: number;
  svg: string;
}

/** What stands above the plot. */
export function legendAbove({ entries, ramp }: Legend, width: number): Piece {
  const keys = [...entries.map(toKey), ...(ramp ? [rampKey(ramp)] : [])];
  if (keys.length === 0) return { svg: '', height: 0 };
  const { svg, height } = flow(keys, width);
  return { svg, height: height + 6 };
}

/** The numbered list under the plot, column by column. */
export function legendBelow({ list = [] }: Legend, width: number): Piece {
  if (list.length === 0) return { svg: '', height: 0 };
  const room = 30 + Math.max(...list.map(({ name }) => textWidth(name, 11))) + 14;
  const columns = Math.max(1, Math.floor(width / room));
  const rows = Math.ceil(list.length / columns);
  const lines = list.map(({ key, name }, i) => {
    const at = `translate(${Math.floor(i / rows) * room},${(i % rows) * 16})`;
    const number = `<text x="18" y="11" font-size="11" font-weight="600" text-anchor="end">${escapeText(key)}</text>`;
    return `<g transform="${at}">${number}<text x="26" y="11" font-size="11">${escapeText(name)}</text></g>`;
  });
  return { svg: lines.join(''), height: rows * 16 + 8 };
}

/** Keys from left to right, in as many lines as they need. */
function flow(keys: readonly Key[], width: number): Piece {
  let [x, y] = [0, 0];
  const parts = keys.map(({ room, svg }) => {
    if (x > 0 && x + room > width) [x, y] = [0, y + 20];
    const at = `<g transform="translate(${x},${y})">${svg}</g>`;
    x += room;
    return at;
  });
  return { svg: parts.join(''), height: y + 20 };
}

const toKey = (entry: LegendEntry): Key => ({
  room: 26 + textWidth(entry.name, 12) + 18,
  svg: `${drawMark(entry)}<text x="26" y="11" font-size="12">${escapeText(entry.name)}</text>`,
});

function drawMark({ color, mark = 'box', point }: LegendEntry): string {
  if (mark === 'box') return `<rect y="1" x="4" width="14" height="11" rx="2" fill="${color}"/>`;
  const line = (more: string) => `<path d="M0 7H20" ${more}/>`;
  if (mark === 'edged') {
    return line('stroke="#000" stroke-width="5"') + line(`stroke="${color}" stroke-width="2.5"`);
  }
  if (mark !== 'line' && mark !== 'dashed') return drawShape(mark, color);
  const dash = mark === 'dashed' ? ' stroke-dasharray="5 3"' : '';
  const dot = point ? drawShape(point, color) : '';
  return line(`stroke="${color}" stroke-width="2.5"${dash}`) + dot;
}

const SHAPES: Record<PointMark, string> = {
  circle: 'M5.5 7A4.5 4.5 0 1 0 14.5 7A4.5 4.5 0 1 0 5.5 7Z',
  square: 'M6 3H14V11H6Z',
  triangle: 'M10 1.8L15.2 10.8H4.8Z',
  diamond: 'M10 1L14 7L10 13L6 7Z',
};

const drawShape = (mark: PointMark, color: string): string =>
  `<path d="${SHAPES[mark]}" fill="${color}"/>`;

const RAMP = { steps: 32, width: 128 };

function rampKey({ label, domain }: { label: string; domain: readonly [number, number] }): Key {
  const [low, high] = domain.map(formatNumber) as [string, string];
  const [lowRoom, highRoom] = [textWidth(low, 12) + 6, textWidth(high, 12) + 12];
  const step = RAMP.width / RAMP.steps;
  const colors = Array.from({ length: RAMP.steps }, (_, i) => {
    const color = cssColor(rampColor(i / (RAMP.steps - 1)));
    return `<rect x="${lowRoom + i * step}" y="1" width="${step + 0.5}" height="11" fill="${color}"/>`;
  });
  const after = lowRoom + RAMP.width + 6;
  return {
    room: after + highRoom + textWidth(label, 12) + 12,
    svg: `<text y="11" font-size="12">${low}</text>${colors.join('')}<text x="${after}" y="11" font-size="12">${high}</text><text x="${after + highRoom}" y="11" font-size="12">${escapeText(label)}</text>`,
  };
}
