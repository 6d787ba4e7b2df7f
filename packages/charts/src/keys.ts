// Keys of a chart: what its colours and marks mean.

import { drawValues, seriesColor } from './colors.ts';
import { escapeText, formatNumber, textWidth } from './text.ts';

/** A mark with its words, drawn from (0, 0); `width` in pixels. */
export interface Key {
  width: number;
  svg: string;
}

/** Part of a picture: SVG text from (0, 0), and its height in pixels. */
export interface Piece {
  svg: string;
  height: number;
}

/** Shapes of points, told apart without colour; in the order of a chart's series. */
const SHAPES = {
  circle: 'M5.5 7A4.5 4.5 0 1 0 14.5 7A4.5 4.5 0 1 0 5.5 7Z',
  square: 'M6 3H14V11H6Z',
  triangle: 'M10 1.8L15.2 10.8H4.8Z',
  diamond: 'M10 1L14 7L10 13L6 7Z',
};
export type PointShape = keyof typeof SHAPES;

export function pointShape(index: number): PointShape {
  const names = Object.keys(SHAPES) as PointShape[];
  return names[index % names.length] as PointShape;
}

/** Keys from left to right, in as many lines as they need. */
export function flowKeys(keys: readonly Key[], width: number): Piece {
  if (keys.length === 0) return { svg: '', height: 0 };
  let [x, y] = [0, 0];
  const parts = keys.map((key) => {
    if (x > 0 && x + key.width > width) [x, y] = [0, y + 20];
    const at = `<g transform="translate(${x},${y})">${key.svg}</g>`;
    x += key.width;
    return at;
  });
  return { svg: parts.join(''), height: y + 26 };
}

/** @returns a key a name, in the colours of series */
export const boxKeys = (names: readonly string[]): Key[] =>
  names.map((name, i) =>
    key(name, `<rect y="1" x="4" width="14" height="11" rx="2" fill="${seriesColor(i)}"/>`),
  );

/** @param point - of a line with points */
export function lineKey(name: string, color: string, point?: PointShape): Key {
  const dot = point ? `<path d="${SHAPES[point]}" fill="${color}"/>` : '';
  return key(name, line(color, 2.5) + dot);
}

/** A line on a dark edge, as over a heat map. */
export const edgedKey = (name: string, color: string): Key =>
  key(name, line('#000', 5) + line(color, 2.5));

/** A colour scale. */
export function rampKey(label: string, domain: readonly [number, number]): Key {
  const [low, high] = domain.map(formatNumber) as [string, string];
  const from = textWidth(low, 12) + 6;
  const steps = Array.from({ length: 64 }, (_, i) => i);
  const src = drawValues(steps, { columns: 64, domain: [0, 63] });
  const words = `${high}   ${label}`;
  return {
    width: from + 134 + textWidth(words, 12) + 18,
    svg: `<text y="11" font-size="12">${low}</text><image x="${from}" y="1" width="128" height="11" preserveAspectRatio="none" href="${src}"/><text x="${from + 134}" y="11" font-size="12" xml:space="preserve">${escapeText(words)}</text>`,
  };
}

const line = (color: string, width: number) =>
  `<path d="M0 7H20" stroke="${color}" stroke-width="${width}"/>`;

const key = (name: string, mark: string): Key => ({
  width: 26 + textWidth(name, 12) + 18,
  svg: `${mark}<text x="26" y="11" font-size="12">${escapeText(name)}</text>`,
});
