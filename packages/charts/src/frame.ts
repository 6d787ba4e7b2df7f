// The frame around a plot: title, subtitle, legend, paper; one SVG that stands alone.

import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { escapeText } from './escape.ts';
import { formatNumber } from './numbers.ts';
import { cssColor, rampColor } from './palette.ts';
import { CHART_CSS, textWidth, wrapText } from './style.ts';

/** What every chart takes besides its data. */
export interface ChartFrame {
  /** What the chart shows; also its accessible name. */
  title: string;
  /** Conditions: machine, sizes, what a band means. */
  subtitle?: string;
  /** Pixels. */
  width?: number;
}

export interface LegendEntry {
  name: string;
  color: string;
  /** `edged`: a line on a dark edge, as over a heat map. Default `box`. */
  mark?: 'line' | 'dashed' | 'edged' | 'box';
}

export interface Legend {
  entries: readonly LegendEntry[];
  /** A colour scale, drawn after the entries. */
  ramp?: { label: string; domain: readonly [number, number] };
}

export const DEFAULT_WIDTH = 760;
export const MARGIN = 16;

/**
 * @param plot - Plot's options; its width is that of the frame unless given.
 * @returns SVG text with xmlns.
 */
export function framed(
  { title, subtitle, width = DEFAULT_WIDTH }: ChartFrame,
  legend: Legend,
  plot: Plot.PlotOptions,
): string {
  const inner = width - 2 * MARGIN;
  const head = headOf(title, subtitle, inner);
  const keys = legendOf(legend, inner);
  const top = MARGIN + head.height + keys.height;
  const body = plotBody({ width: inner, ...plot });
  const height = Math.ceil(top + body.height + 8);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="vulpes-chart" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" font-size="12" color="#1f2328">`,
    `<title>${escapeText(title)}</title>`,
    `<style>${CHART_CSS}</style>`,
    `<rect class="paper" width="${width}" height="${height}" fill="#fff"/>`,
    `<g transform="translate(${MARGIN},${MARGIN})" fill="currentColor">${head.svg}</g>`,
    `<g transform="translate(${MARGIN},${MARGIN + head.height})" fill="currentColor">${keys.svg}</g>`,
    `<g transform="translate(${MARGIN},${top})" fill="currentColor" font-size="11" text-anchor="middle">${body.svg}</g>`,
    '</svg>',
  ].join('');
}

function headOf(title: string, subtitle: string | undefined, width: number) {
  const big = wrapText(title, width, 16);
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

/** Entries from left to right, in as many lines as they need. */
function legendOf({ entries, ramp }: Legend, width: number) {
  const keys = entries.map((entry) => ({
    room: 26 + textWidth(entry.name, 12) + 18,
    svg: `${keyOf(entry)}<text x="26" y="11" font-size="12">${escapeText(entry.name)}</text>`,
  }));
  if (ramp) keys.push(rampKey(ramp));
  let [x, y] = [0, 0];
  const parts = keys.map(({ room, svg }) => {
    if (x > 0 && x + room > width) [x, y] = [0, y + 20];
    const at = `<g transform="translate(${x},${y})">${svg}</g>`;
    x += room;
    return at;
  });
  return { svg: parts.join(''), height: keys.length > 0 ? y + 26 : 0 };
}

function keyOf({ color, mark = 'box' }: LegendEntry): string {
  if (mark === 'box') return `<rect y="1" x="4" width="14" height="11" rx="2" fill="${color}"/>`;
  const line = (more: string) => `<path d="M0 7H20" ${more}/>`;
  if (mark === 'edged') {
    return line('stroke="#000" stroke-width="5"') + line(`stroke="${color}" stroke-width="2.5"`);
  }
  const dash = mark === 'dashed' ? ' stroke-dasharray="5 3"' : '';
  return line(`stroke="${color}" stroke-width="2.5"${dash}`);
}

const RAMP = { steps: 32, width: 128 };

function rampKey({ label, domain }: { label: string; domain: readonly [number, number] }) {
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

/** Plot's picture as the content of a group; its own style sheet, which only sizes it, is left out. */
function plotBody(options: Plot.PlotOptions): { svg: string; height: number } {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const svg = Plot.plot({ ...options, document: document as unknown as Document });
  const height = Number(svg.getAttribute('height'));
  for (const style of [...svg.querySelectorAll('style')]) style.remove();
  return { svg: [...svg.childNodes].map((node) => String(node)).join(''), height };
}
