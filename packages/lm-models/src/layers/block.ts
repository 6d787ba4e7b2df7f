// One pre-norm block: attention, then MLP, each added to the residual stream.

import type { Tensor } from '@vulpes/tensor-core';
import { add, rmsNorm } from '@vulpes/wgsl-kernels';
import { type ParamReader, readerBelow } from '../parameters/params.ts';
import { type AttentionResult, attentionLayer } from './attention-layer.ts';
import type { ForwardContext } from './context.ts';
import { mlp } from './mlp.ts';

/** x [B, T, h] -> [B, T, h] */
export function block(x: Tensor, param: ParamReader, context: ForwardContext): AttentionResult {
  const eps = context.config.normEps;
  const attention = attentionLayer(
    rmsNorm(x, param('attn_norm.weight'), { eps }),
    readerBelow(param, 'attn'),
    context,
  );
  const attended = add(x, attention.output);
  const output = add(
    attended,
    mlp(rmsNorm(attended, param('mlp_norm.weight'), { eps }), readerBelow(param, 'mlp')),
  );
  return { output, pruningCounts: attention.pruningCounts };
}
