// Floating-point operations and bytes of an attention call: dense, or for the pairs that pruning keeps.

import { type AttentionDims, keyHeads } from './dims.ts';

/** Pairs (i, j) with j ≤ N − M + i, over all query heads of all sequences. */
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

/** Bytes that the forward must move if every input is read once: q, k, v, out in f32, logLambda, rowStats. */
export function forwardBytes(dims: AttentionDims): number {
  const { batch, numHeads, queryLen, keyLen } = dims;
  return 4 * (2 * rowElements(dims) + 2 * batch * numHeads * (keyLen + queryLen));
}

/** The same for the backward: reads q, k, v, out, dOut, writes dq, dk, dv; logLambda, rowStats and dLogFgate. */
export function backwardBytes(dims: AttentionDims): number {
  const { batch, numHeads, queryLen, keyLen } = dims;
  return 4 * (4 * rowElements(dims) + batch * numHeads * (3 * keyLen + 2 * queryLen));
}

/** Elements of q and k together: [B, M, H, D] and [B, N, Hkv, D]. */
function rowElements(dims: AttentionDims): number {
  const { batch, numHeads, queryLen, keyLen, headDim } = dims;
  return batch * (queryLen * numHeads + keyLen * keyHeads(dims)) * headDim;
}
