// The residual stream: f32, from one half of a block to the next.

import type { Tensor } from '@vulpes/tensor-core';
import { add, addLinear, addRmsNorm, linear, rmsNorm } from '@vulpes/wgsl-kernels';
import type { ForwardContext } from './context.ts';

/** The stream is residual + delta, [B, T, h] each: the norm that comes next adds them in its own launch. */
export interface Stream {
  readonly residual: Tensor;
  /** What the half before gave; null where residual has it already. */
  readonly delta: Tensor | null;
}

/** The stream as one tensor, and its norm, in which the next half computes. weight [h] */
export function normStream(
  { residual, delta }: Stream,
  weight: Tensor,
  { config, compute }: ForwardContext,
): { readonly residual: Tensor; readonly normed: Tensor } {
  const options = { eps: config.normEps, out: compute };
  if (!delta) return { residual, normed: rmsNorm(residual, weight, options) };
  const { sum, normed } = addRmsNorm(residual, delta, weight, options);
  return { residual: sum, normed };
}

/**
 * The stream with x Wᵀ. With a cache nothing is differentiated, and nobody reads the residual again: the product is added in place.
 * residual [B, T, h]; x [B, T, in]; weight [h, in]
 */
export function addProjected(
  residual: Tensor,
  x: Tensor,
  weight: Tensor,
  { cache }: ForwardContext,
): Stream {
  if (!cache) return { residual, delta: linear(x, weight) };
  addLinear(residual, x, weight);
  return { residual, delta: null };
}

/** The stream as one tensor, [B, T, h]. */
export const sumStream = ({ residual, delta }: Stream): Tensor =>
  delta ? add(residual, delta) : residual;
