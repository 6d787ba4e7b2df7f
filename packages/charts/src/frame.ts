// The frame around a plot: title, subtitle, legend, paper; one SVG that stands alone.

import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { escapeText } from './escape.ts';
import { type Legend, legendAbove, legendBelow, type Piece } from './legend.ts';
import { CHART_CSS, wrapText } from './style.ts';

/** What every chart takes besides its data. */
export interface ChartFrame {
  /** What the chart shows; also its accessible name. */
  title: string;
  /** Conditions: machine, sizes, what a band means. */
  subtitle?: string;
  /** Pixels. */
  width?: number;
}

/** With the data in words, for those who do not see the picture. */
export interface DescribedFrame extends ChartFrame {
  description: string;
}

export const DEFAULT_WIDTH = 760;
export const MARGIN = 16;

/**
 * @param plot - Plot's options; its width is that of the frame unless given.
 * @returns SVG text with xmlns.
 */
export function framed(
  { title, subtitle, description, width = DEFAULT_WIDTH }: DescribedFrame,
  legend: Legend,
  plot: Plot.PlotOptions,
): string {
  const inner = width - 2 * MARGIN;
  const [head, above, below] = [
    headOf(title, subtitle, inner),
    legendAbove(legend, inner),
    legendBelow(legend, inner),
  ];
  const body = plotBody({ width: inner, ...plot });
  const keysTop = MARGIN + head.height;
  const top = keysTop + above.height;
  const listTop = top + body.height + 8;
  const height = Math.ceil(listTop + below.height);
  const group = (y: number, svg: string, more = '') =>
    `<g transform="translate(${MARGIN},${y})" fill="currentColor"${more}>${svg}</g>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="vulpes-chart" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" font-size="12" color="#1f2328">`,
    `<title>${escapeText(title)}</title>`,
    `<desc>${escapeText(description)}</desc>`,
    `<style>${CHART_CSS}</style>`,
    `<rect class="paper" width="${width}" height="${height}" fill="#fff"/>`,
    group(MARGIN, head.svg),
    group(keysTop, above.svg),
    group(top, body.svg, ' font-size="11" text-anchor="middle"'),
    group(listTop, below.svg),
    '</svg>',
  ].join('');
}

function headOf(title: string, subtitle: string | undefined, width: number): Piece {
  // Bold letters are wider.
  const big = wrapText(title, width / 1.14, 16);
  const small = subtitle ? wrapText(subtitle, width, 12) : [];
  const lines = [
    ...big.map(
      (line, i) =>
        `<text y="${14 + i * 20}" font-size="16" font-weight="600">${escapeText(line)}</text>`,
    ),
    ...small.map(
      (line, i) =>
        `<text class="quiet" y="${big.length * 20 + 12 + i * 16}" font-size="12" fill="#59636e">${escapeText(line)}</text>`,
    ),
  ];
  return { svg: lines.join(''), height: big.length * 20 + small.length * 16 + 10 };
}

/** Plot's picture as the content of a group; its own style sheet, which only sizes it, is left out. */
function plotBody(options: Plot.PlotOptions): Piece {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const svg = Plot.plot({ ...options, document: document as unknown as Document });
  const height = Number(svg.getAttribute('height'));
  for (const style of [...svg.querySelectorAll('style')]) style.remove();
  return { svg: [...svg.childNodes].map((node) => String(node)).join(''), height };
}
