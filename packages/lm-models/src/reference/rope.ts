// Rotary positions in f64, half rotation: feature i pairs with i + D/2 and turns by t · base^(−2i/D).

import type { Matrix } from './arrays.ts';

/** x [T][H * D] */
export function referenceRope(
  x: Matrix,
  { numHeads, base }: { numHeads: number; base: number },
): Matrix {
  return x.map((row, t) => {
    const headDim = row.length / numHeads;
    const half = headDim / 2;
    return row.map((value, c) => {
      const i = c % headDim;
      const angle = t * base ** (-(2 * (i % half)) / headDim);
      const partner = row[i < half ? c + half : c - half] as number;
      return value * Math.cos(angle) + (i < half ? -partner : partner) * Math.sin(angle);
    });
  });
}
