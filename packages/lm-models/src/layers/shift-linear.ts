// A projection whose output is mixed with the previous token's by a learned, data-dependent share. [FoX v2, Sec. 3: KV-shift]

import type { Tensor } from '@vulpes/tensor-core';
import { linear, tokenShift } from '@vulpes/wgsl-kernels';
import { getNumKvHeads } from '../config/sizes.ts';
import type { ParamReader } from '../parameters/params.ts';
import type { ForwardContext } from './context.ts';
import { splitHeads } from './heads.ts';

/**
 * y_t = W x_t; alpha_t = sigmoid(w x_t), one a key head; alpha_t y_{t−1} + (1 − alpha_t) y_t, with y = 0 before a document's first token.
 * x [B, T, h] -> [B, T, Hkv, D]
 */
export function shiftLinear(
  x: Tensor,
  param: ParamReader,
  name: 'k' | 'v',
  { config, documentVisibility, cache }: ForwardContext,
): Tensor {
  const y = splitHeads(linear(x, param('linear.weight')), getNumKvHeads(config));
  const shiftLogit = linear(x, param('shift_proj.weight'), undefined, { out: 'f32' });
  if (cache) return cache.shift(name, y, shiftLogit);
  return tokenShift(y, shiftLogit, { visibility: documentVisibility });
}
