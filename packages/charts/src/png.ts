// A small PNG writer: pixels of a heat map as one picture instead of thousands of rectangles.

import type { Rgb } from './palette.ts';

export interface IndexedPicture {
  width: number;
  height: number;
  /** [height * width] row by row: places in `palette`; 255 is transparent. */
  pixels: Uint8Array;
  /** At most 255 colours. */
  palette: readonly Rgb[];
}

export const TRANSPARENT = 255;

/** @returns `data:image/png;base64,…`; palette colours, stored without compression. */
export function pngDataUri(picture: IndexedPicture): string {
  const bytes = concat([
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    chunk('IHDR', headerOf(picture)),
    chunk('PLTE', paletteOf(picture)),
    chunk(
      'tRNS',
      Uint8Array.from({ length: 256 }, (_, i) => (i === TRANSPARENT ? 0 : 255)),
    ),
    chunk('IDAT', stored(scanLines(picture))),
    chunk('IEND', new Uint8Array(0)),
  ]);
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return `data:image/png;base64,${btoa(binary)}`;
}

/** 8 bits a pixel, colour type 3 (palette). */
const headerOf = ({ width, height }: IndexedPicture) =>
  concat([uint32(width), uint32(height), Uint8Array.of(8, 3, 0, 0, 0)]);

const paletteOf = ({ palette }: IndexedPicture) =>
  Uint8Array.from({ length: 256 * 3 }, (_, i) => palette[Math.floor(i / 3)]?.[i % 3] ?? 0);

/** Each line is preceded by its filter, 0: none. */
function scanLines({ width, height, pixels }: IndexedPicture): Uint8Array {
  const lines = new Uint8Array(height * (width + 1));
  for (let row = 0; row < height; row++) {
    lines.set(pixels.subarray(row * width, (row + 1) * width), row * (width + 1) + 1);
  }
  return lines;
}

/** A zlib stream of stored blocks. */
function stored(data: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [Uint8Array.of(0x78, 0x01)];
  for (let from = 0; from < data.length; from += 0xffff) {
    const block = data.subarray(from, from + 0xffff);
    const isLast = from + 0xffff >= data.length ? 1 : 0;
    const size = block.length;
    parts.push(
      Uint8Array.of(isLast, size & 255, size >> 8, ~size & 255, (~size >> 8) & 255),
      block,
    );
  }
  return concat([...parts, uint32(adler32(data))]);
}

function chunk(name: string, data: Uint8Array): Uint8Array {
  const body = concat([Uint8Array.from(name, (char) => char.charCodeAt(0)), data]);
  return concat([uint32(data.length), body, uint32(crc32(body))]);
}

const uint32 = (value: number) =>
  Uint8Array.of(value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

function adler32(bytes: Uint8Array): number {
  let [a, b] = [1, 0];
  for (const byte of bytes) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  return ((b << 16) | a) >>> 0;
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
