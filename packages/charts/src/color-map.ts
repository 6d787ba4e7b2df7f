// Values as pixels: one picture instead of thousands of rectangles.

import * as Plot from '@observablehq/plot';
import { encode } from 'fast-png';

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
