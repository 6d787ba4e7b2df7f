// The padding mask in f64: the specification of the kernel, and of its gradient, which is the same mask.

import type { MaskPaddingDims } from './mask-padding.kernel.ts';

/** x [B, T, columns] */
export const naiveMaskPadding = (
  { seqLen, columns }: MaskPaddingDims,
  x: ArrayLike<number>,
  seqStart: ArrayLike<number>,
): Float64Array =>
  Float64Array.from(x, (value, i) => {
    const token = Math.floor(i / columns);
    return token % seqLen < seqStart[Math.floor(token / seqLen)]! ? 0 : value;
  });
