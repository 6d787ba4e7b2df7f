// The residual stream: what each half of a block adds to it.

import type { Tensor } from '@vulpes/tensor-core';
import { add, addLinear, linear } from '@vulpes/wgsl-kernels';
import type { ForwardContext } from './context.ts';

/**
 * residual + x Wᵀ. With a cache nothing is differentiated, and nobody reads the residual again: the product is added in place,
 * in one launch instead of two, to the same bits.
 * residual [B, T, h]; x [B, T, in]; weight [h, in] -> [B, T, h]
 */
export function addProjected(
  residual: Tensor,
  x: Tensor,
  weight: Tensor,
  { cache }: ForwardContext,
): Tensor {
  if (!cache) return add(residual, linear(x, weight));
  addLinear(residual, x, weight);
  return residual;
}
