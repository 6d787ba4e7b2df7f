// One pre-norm block: attention, then MLP, each added to the residual stream.

import type { Tensor } from '@vulpes/tensor-core';
import { rmsNorm } from '@vulpes/wgsl-kernels';
import { type ParamReader, readerBelow } from '../parameters/params.ts';
import { type AttentionResult, attentionLayer } from './attention-layer.ts';
import type { ForwardContext } from './context.ts';
import { mlp } from './mlp.ts';

/** x [B, T, h] -> [B, T, h] */
export function block(x: Tensor, param: ParamReader, context: ForwardContext): AttentionResult {
  // The residual stream is f32; what the layers work on has the dtype of their products.
  const norm = { eps: context.config.normEps, out: context.compute };
  const normed = rmsNorm(x, param('attn_norm.weight'), norm);
  const attention = attentionLayer({ x: normed, residual: x }, readerBelow(param, 'attn'), context);
  const residual = attention.output;
  const normedAgain = rmsNorm(residual, param('mlp_norm.weight'), norm);
  const output = mlp({ x: normedAgain, residual }, readerBelow(param, 'mlp'), context);
  return { output, pruningCounts: attention.pruningCounts };
}
