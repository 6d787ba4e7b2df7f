// SwiGLU and its gradient in f64: the specification of the kernels.

import type { SwigluDims } from './swiglu.kernel.ts';

type Numbers = ArrayLike<number>;

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** x [rows, 2I] -> [rows, I] */
export function referenceSwiglu({ rows, inner }: SwigluDims, x: Numbers): Float64Array {
  const y = new Float64Array(rows * inner);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < inner; i++) {
      const a = x[row * 2 * inner + i]!;
      y[row * inner + i] = a * sigmoid(a) * x[row * 2 * inner + inner + i]!;
    }
  }
  return y;
}

/** d/dx of Σ y dy, [rows, 2I] */
export function referenceSwigluBackward(
  { rows, inner }: SwigluDims,
  x: Numbers,
  dy: Numbers,
): Float64Array {
  const dx = new Float64Array(rows * 2 * inner);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < inner; i++) {
      const [ia, ib] = [row * 2 * inner + i, row * 2 * inner + inner + i];
      const [a, s, g] = [x[ia]!, sigmoid(x[ia]!), dy[row * inner + i]!];
      dx[ia] = g * x[ib]! * s * (1 + a * (1 - s));
      dx[ib] = g * a * s;
    }
  }
  return dx;
}
