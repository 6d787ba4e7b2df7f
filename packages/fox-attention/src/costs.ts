// Floating-point operations and bytes of an attention call: dense, or for the pairs that pruning keeps.

import type { AttentionDims } from './dims.ts';

/** Pairs (i, j) with j ≤ N − M + i, over all heads of all sequences. */
export function causalPairs({ batch, queryLen, keyLen, numHeads }: AttentionDims): number {
  const first = keyLen - queryLen + 1;
  return (batch * numHeads * queryLen * (first + keyLen)) / 2;
}

/** Multiply-adds count twice. @param pairs kept (query, key) pairs; all causal ones if not given */
export function forwardFlops(dims: AttentionDims, pairs: number = causalPairs(dims)): number {
  // q k and p v
  return 4 * dims.headDim * pairs;
}

/** dQ (q k, dO v, dS k) and dK/dV (q k, dO v, P dO, dS q), as both kernels recompute the scores. */
export function backwardFlops(dims: AttentionDims, pairs: number = causalPairs(dims)): number {
  return 14 * dims.headDim * pairs;
}

/** Bytes that the forward must move if every input is read once: q, k, v, out in f32, logLambda, lse. */
export function forwardBytes(dims: AttentionDims): number {
  const { batch, numHeads, queryLen, keyLen, headDim } = dims;
  return 4 * batch * numHeads * (2 * (queryLen + keyLen) * headDim + 2 * keyLen + queryLen);
}

/** The same for the backward: reads q, k, v, out, dOut, writes dq, dk, dv; logLambda, lse and dLogFgate. */
export function backwardBytes(dims: AttentionDims): number {
  const { batch, numHeads, queryLen, keyLen, headDim } = dims;
  return 4 * batch * numHeads * (4 * (queryLen + keyLen) * headDim + 3 * keyLen + queryLen);
}
