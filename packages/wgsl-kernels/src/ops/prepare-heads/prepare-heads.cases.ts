// Sizes, documents and weights that the kernels of prepareHeads are tested at.

import type { VisibilityLimits } from '../token-visibility/token-visibility.reference.ts';

export interface PrepareHeadsCase {
  readonly id: string;
  readonly batch: number;
  readonly seqLen: number;
  readonly numHeads: number;
  readonly numKvHeads: number;
  readonly headDim: number;
  /** Each head has norm weights of its own. */
  readonly hasHeadWeights: boolean;
  readonly limits?: VisibilityLimits;
}

/** B, T, H, Hkv, D; whether each head has weights */
function caseOf(
  [batch, seqLen, numHeads, numKvHeads, headDim]: readonly [number, number, number, number, number],
  hasHeadWeights: boolean,
  [what, limits]: [string, VisibilityLimits?] = [''],
): PrepareHeadsCase {
  const id = `B${batch}-T${seqLen}-H${numHeads}-${numKvHeads}-D${headDim}${hasHeadWeights ? '' : '-shared'}${what}`;
  const dims = { batch, seqLen, numHeads, numKvHeads, headDim, hasHeadWeights };
  return limits ? { id, ...dims, limits } : { id, ...dims };
}

export const prepareHeadsCases: readonly PrepareHeadsCase[] = [
  caseOf([1, 1, 1, 1, 4], true),
  caseOf([1, 17, 2, 2, 16], true),
  // Stretches of 16 tokens in backward.
  caseOf([2, 15, 3, 1, 20], false),
  caseOf([2, 16, 4, 2, 12], true),
  caseOf([2, 33, 2, 2, 64], false),
  caseOf([1, 65, 2, 1, 128], true),
  caseOf([2, 63, 3, 3, 36], true, ['-padded', { seqStart: [0, 20] }]),
  caseOf([1, 111, 4, 2, 32], true, ['-packed', { cuSeqlens: [0, 1, 16, 40, 40, 100] }]),
];
