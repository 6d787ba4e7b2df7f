// A projection whose output is mixed with the previous token's by a learned, data-dependent share. [FoX v2, Sec. 3: KV-shift]

import type { Tensor } from '@vulpes/tensor-core';
import { linear, maskPadding, tokenShift } from '@vulpes/wgsl-kernels';
import type { ForwardContext, ParamReader } from './context.ts';
import { splitHeads } from './heads.ts';

/**
 * y_t = W x_t; alpha_t = sigmoid(w x_t), one a head; alpha_t y_{t−1} + (1 − alpha_t) y_t, with y = 0 before the first token.
 * x [B, T, h] -> [B, T, H, D]
 */
export function shiftLinear(
  x: Tensor,
  param: ParamReader,
  { config, seqStart }: ForwardContext,
): Tensor {
  const y = splitHeads(linear(x, param('linear.weight')), config.numHeads);
  const shiftLogit = linear(x, param('shift_proj.weight'));
  return tokenShift(seqStart ? maskPadding(y, seqStart) : y, shiftLogit);
}
