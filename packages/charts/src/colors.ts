// Colours that stay apart for every kind of colour blindness (after Okabe and Ito) and, by their lightness, on a grey printer.

import * as Plot from '@observablehq/plot';
import { encode } from 'fast-png';

/** No two are equally light; those of the first four series are far apart. */
const SERIES = ['#0072B2', '#E69F00', '#009E73', '#7A3F9D', '#D55E00', '#7CC7F2', '#D98BB5'];

/** Colours for n things drawn side by side; from the eighth on they repeat, told apart by dashes or marks. */
export function seriesColor(index: number): string {
  return SERIES[index % SERIES.length] as string;
}

/** Lines drawn over a heat map, on a dark edge. */
export function overlayColor(index: number): string {
  return ['#ffffff', '#ff8c42', '#ff6ad5'][index % 3] as string;
}

export interface ColorMap {
  /** Values beyond it take the colour of its end. */
  domain: readonly [number, number];
  columns: number;
  /** By the place of a value; what is not drawn is transparent. Default: all. */
  isDrawn?: (i: number) => boolean;
}

/**
 * Viridis, dark to light: evenly spaced in lightness, so it survives a grey printer.
 * @param values - [rows, columns], the first row on top
 * @returns a PNG, a pixel a value: `data:image/png;base64,…`
 */
export function drawValues(
  values: ArrayLike<number>,
  { domain, columns, isDrawn = () => true }: ColorMap,
): string {
  const scale = Plot.scale({ color: { scheme: 'viridis', domain: [...domain], clamp: true } });
  const toPixel = (value: number) => [...hexToRgb(scale?.apply(value) as string), 255];
  const pixels = Array.from(values, (value, i) => (isDrawn(i) ? toPixel(value) : [0, 0, 0, 0]));
  const data = Uint8Array.from(pixels.flat());
  const png = encode({ width: columns, height: values.length / columns, data, channels: 4 });
  const binary = Array.from(png, (byte) => String.fromCharCode(byte)).join('');
  return `data:image/png;base64,${btoa(binary)}`;
}

const hexToRgb = (color: string) =>
  [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
