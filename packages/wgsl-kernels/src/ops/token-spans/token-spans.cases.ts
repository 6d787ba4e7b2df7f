// Padding, packing and windows that the span kernel is tested at, alone and together.

import type { TokenSpansDims } from './token-spans.kernel.ts';
import type { SpanLimits } from './token-spans.naive.ts';

export interface TokenSpansCase {
  readonly id: string;
  readonly dims: TokenSpansDims;
  readonly limits: SpanLimits;
}

const spansCase = (
  id: string,
  batch: number,
  length: number,
  limits: SpanLimits = {},
): TokenSpansCase => ({ id, dims: { batch, length }, limits });

export const tokenSpansCases: readonly TokenSpansCase[] = [
  spansCase('one-token', 1, 1),
  spansCase('plain', 3, 63),
  spansCase('padded', 3, 111, { seqStart: [0, 17, 111] }),
  spansCase('window-of-1', 2, 65, { windowSize: 1 }),
  spansCase('window-of-8', 1, 64, { windowSize: 8 }),
  spansCase('window-beyond-the-end', 1, 63, { windowSize: 200 }),
  spansCase('packed', 1, 111, { cuSeqlens: [0, 1, 17, 80, 111] }),
  spansCase('packed-empty-documents', 1, 63, { cuSeqlens: [0, 0, 20, 20, 20, 63, 63] }),
  spansCase('packed-then-padding', 1, 129, { cuSeqlens: [0, 40, 100] }),
  spansCase('packed-after-padding', 1, 63, { cuSeqlens: [5, 40, 60] }),
  spansCase('packed-nothing', 1, 9, { cuSeqlens: [0, 0] }),
  spansCase('packed-batch', 2, 65, { cuSeqlens: [0, 30, 65, 65, 0, 0, 64, 65] }),
  spansCase('all', 3, 111, {
    seqStart: [0, 35, 110],
    cuSeqlens: [0, 30, 30, 90, 0, 31, 60, 111, 0, 0, 50, 111],
    windowSize: 13,
  }),
];
