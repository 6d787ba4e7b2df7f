// Rotary position embedding in f64: the specification of the kernel. Its gradient is the rotation back, direction −1.

import type { RopeDims } from './rope.kernel.ts';

export interface ReferenceRopeOptions {
  readonly base: number;
  /** [B, T]; default 0…T−1. */
  readonly positions?: ArrayLike<number> | undefined;
  readonly direction: 1 | -1;
}

/** x [B, T, H, D] */
export function referenceRope(
  { batch, seqLen, numHeads, headDim }: RopeDims,
  x: ArrayLike<number>,
  { base, positions, direction }: ReferenceRopeOptions,
): Float64Array {
  const half = headDim / 2;
  const y = new Float64Array(x.length);
  for (let row = 0; row < batch * seqLen * numHeads; row++) {
    const token = Math.floor(row / numHeads);
    const position = positions?.[token] ?? token % seqLen;
    for (let c = 0; c < half; c++) {
      const angle = direction * position * base ** ((-2 * c) / headDim);
      const [first, second] = [row * headDim + c, row * headDim + c + half];
      y[first] = x[first]! * Math.cos(angle) - x[second]! * Math.sin(angle);
      y[second] = x[first]! * Math.sin(angle) + x[second]! * Math.cos(angle);
    }
  }
  return y;
}
