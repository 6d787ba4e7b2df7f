// Sizes that the token shift kernels are tested and timed at.

import type { TokenShiftDims } from './token-shift.kernel.ts';

export interface TokenShiftCase {
  readonly id: string;
  readonly dims: TokenShiftDims;
}

/** B, T, H, D */
const sizes: readonly (readonly [number, number, number, number])[] = [
  [1, 1, 1, 1],
  [1, 1, 2, 16],
  [2, 63, 3, 5],
  [2, 65, 2, 64],
  [1, 111, 4, 32],
  [1, 17, 1, 128],
];

export const tokenShiftCases: readonly TokenShiftCase[] = sizes.map(
  ([batch, seqLen, numHeads, headDim]) => ({
    id: `B${batch}-T${seqLen}-H${numHeads}-D${headDim}`,
    dims: { batch, seqLen, numHeads, headDim },
  }),
);
