// Padding, packing and windows that the span kernel is tested at, alone and together.

import type { TokenVisibilityDims } from './token-visibility.kernel.ts';
import type { VisibilityLimits } from './token-visibility.reference.ts';

export interface TokenVisibilityCase {
  readonly id: string;
  readonly dims: TokenVisibilityDims;
  readonly limits: VisibilityLimits;
}

const visibilityCase = (
  id: string,
  batch: number,
  length: number,
  limits: VisibilityLimits = {},
): TokenVisibilityCase => ({ id, dims: { batch, length }, limits });

export const tokenVisibilityCases: readonly TokenVisibilityCase[] = [
  visibilityCase('one-token', 1, 1),
  visibilityCase('plain', 3, 63),
  visibilityCase('padded', 3, 111, { seqStart: [0, 17, 111] }),
  visibilityCase('window-of-1', 2, 65, { windowSize: 1 }),
  visibilityCase('window-of-8', 1, 64, { windowSize: 8 }),
  visibilityCase('window-beyond-the-end', 1, 63, { windowSize: 200 }),
  visibilityCase('packed', 1, 111, { cuSeqlens: [0, 1, 17, 80, 111] }),
  visibilityCase('packed-empty-documents', 1, 63, { cuSeqlens: [0, 0, 20, 20, 20, 63, 63] }),
  visibilityCase('packed-then-padding', 1, 129, { cuSeqlens: [0, 40, 100] }),
  visibilityCase('packed-after-padding', 1, 63, { cuSeqlens: [5, 40, 60] }),
  visibilityCase('packed-nothing', 1, 9, { cuSeqlens: [0, 0] }),
  visibilityCase('packed-batch', 2, 65, { cuSeqlens: [0, 30, 65, 65, 0, 0, 64, 65] }),
  visibilityCase('all', 3, 111, {
    seqStart: [0, 35, 110],
    cuSeqlens: [0, 30, 30, 90, 0, 31, 60, 111, 0, 0, 50, 111],
    windowSize: 13,
  }),
];
