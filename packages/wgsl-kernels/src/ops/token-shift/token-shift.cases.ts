// Sizes, documents and chunks that the token shift kernels are tested and timed at.

import type { VisibilityLimits } from '../token-visibility/token-visibility.reference.ts';
import type { TokenShiftDims } from './token-shift.kernel.ts';

export interface TokenShiftCase {
  readonly id: string;
  readonly dims: TokenShiftDims;
  readonly limits?: VisibilityLimits;
  /** Tokens before the first one, the last of which is `previous`. */
  readonly offset?: number;
}

/** B, T, H, D */
const dimsOf = ([batch, seqLen, numHeads, headDim]: readonly [number, number, number, number]) => ({
  id: `B${batch}-T${seqLen}-H${numHeads}-D${headDim}`,
  dims: { batch, seqLen, numHeads, headDim },
});

const plain: readonly (readonly [number, number, number, number])[] = [
  [1, 1, 1, 1],
  [1, 1, 2, 16],
  [2, 63, 3, 5],
  [2, 65, 2, 64],
  [1, 111, 4, 32],
  [1, 17, 1, 128],
];
const padded = dimsOf([2, 63, 3, 5]);
const packed = dimsOf([1, 111, 4, 32]);
const chunk = dimsOf([2, 17, 2, 16]);
/** 24 tokens, of which the last 17 are the chunk: its first continues a document, or begins one. */
const cuSeqlens = [0, 3, 15, 24, 0, 7, 20, 20];

export const tokenShiftCases: readonly TokenShiftCase[] = [
  ...plain.map(dimsOf),
  { ...padded, id: `${padded.id}-padded`, limits: { seqStart: [0, 20] } },
  { ...packed, id: `${packed.id}-packed`, limits: { cuSeqlens: [0, 1, 40, 40, 100] } },
  { ...chunk, id: `${chunk.id}-chunk`, offset: 7 },
  { ...chunk, id: `${chunk.id}-chunk-of-packed`, offset: 7, limits: { cuSeqlens } },
];
