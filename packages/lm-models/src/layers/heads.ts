// Between features of a token and features of its heads; both are views.

import { reshape, type Tensor } from '@vulpes/tensor-core';

/** [B, T, H · D] -> [B, T, H, D] */
export function splitHeads(x: Tensor, numHeads: number): Tensor {
  const [batch, seqLen, features] = x.shape as [number, number, number];
  return reshape(x, [batch, seqLen, numHeads, features / numHeads]);
}

/** [B, T, H, D] -> [B, T, H · D] */
export function mergeHeads(x: Tensor): Tensor {
  const [batch, seqLen, numHeads, headDim] = x.shape as [number, number, number, number];
  return reshape(x, [batch, seqLen, numHeads * headDim]);
}
