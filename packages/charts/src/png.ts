// Pixels of a heat map as one picture instead of thousands of rectangles.

import { encode } from 'fast-png';

export interface RgbaPicture {
  width: number;
  height: number;
  /** [height * width * 4] row by row: red, green, blue, opacity. */
  pixels: Uint8Array;
}

/** @returns `data:image/png;base64,…` */
export function pngDataUri({ width, height, pixels }: RgbaPicture): string {
  let binary = '';
  for (const byte of encode({ width, height, data: pixels, channels: 4 })) {
    binary += String.fromCharCode(byte);
  }
  return `data:image/png;base64,${btoa(binary)}`;
}
