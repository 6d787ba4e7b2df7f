// The frame around a plot: title, subtitle, keys, paper; one SVG that stands alone.

import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { flowKeys, type Key, type Piece } from './keys.ts';
import { CHART_CSS } from './style.ts';
import { escapeText, wrapText } from './text.ts';

/** What every chart takes besides its data. */
export interface ChartFrame {
  /** What the chart shows; also its accessible name. */
  title: string;
  /** Conditions: machine, sizes, what a band means. */
  subtitle?: string;
  /** Pixels. */
  width?: number;
}

/** @internal Plot's types lack those of d3: our declarations must not need them. */
export interface Drawing {
  /** The data in words, for those who do not see the picture. */
  words: string;
  /** Above the plot. */
  keys: readonly Key[];
  /** Plot's options; its width is that of the frame unless given. */
  plot: Plot.PlotOptions;
}

const DEFAULT_WIDTH = 760;
const MARGIN = 16;

/** Of the plot of a chart, in pixels. */
export const innerWidth = ({ width = DEFAULT_WIDTH }: ChartFrame): number => width - 2 * MARGIN;

/**
 * @returns SVG text with xmlns.
 * @internal
 */
export function framed(frame: ChartFrame, { words, keys, plot }: Drawing): string {
  const { title, width = DEFAULT_WIDTH } = frame;
  const inner = innerWidth(frame);
  const pieces = [
    titlesOf(frame, inner),
    flowKeys(keys, inner),
    plotBody({ width: inner, ...plot }),
  ];
  let height = MARGIN;
  const groups = pieces.map((piece) => {
    const at = `<g transform="translate(${MARGIN},${height})" fill="currentColor">${piece.svg}</g>`;
    height += piece.height;
    return at;
  });
  height = Math.ceil(height + 8);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="vulpes-chart" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" font-size="12" color="#1f2328">`,
    `<title>${escapeText(title)}</title>`,
    `<desc>${escapeText(words)}</desc>`,
    `<style>${CHART_CSS}</style>`,
    `<rect class="paper" width="${width}" height="${height}" fill="#fff"/>`,
    ...groups,
    '</svg>',
  ].join('');
}

function titlesOf({ title, subtitle = '' }: ChartFrame, width: number): Piece {
  // Bold letters are wider.
  const big = wrapText(title, width / 1.14, 16).map(
    (line, i) =>
      `<text y="${14 + i * 20}" font-size="16" font-weight="600">${escapeText(line)}</text>`,
  );
  const top = big.length * 20;
  const small = wrapText(subtitle, width, 12).map(
    (line, i) =>
      `<text class="quiet" y="${top + 12 + i * 16}" font-size="12" fill="#59636e">${escapeText(line)}</text>`,
  );
  return { svg: [...big, ...small].join(''), height: top + small.length * 16 + 10 };
}

/** Plot's picture as the content of a group; its own style sheet, which only sizes it, is left out. */
function plotBody(options: Plot.PlotOptions): Piece {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const svg = Plot.plot({ ...options, document: document as unknown as Document });
  for (const style of [...svg.querySelectorAll('style')]) style.remove();
  const content = [...svg.childNodes].map((node) => String(node)).join('');
  return {
    svg: `<g font-size="11" text-anchor="middle">${content}</g>`,
    height: Number(svg.getAttribute('height')),
  };
}
