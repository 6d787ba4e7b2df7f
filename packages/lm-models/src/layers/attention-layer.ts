// The attention layer of FoX (LLaMA), FoX (Pro) and the RoPE baseline: one function, options by configuration. [FoX v2, Sec. 3]

import type { Tensor } from '@vulpes/tensor-core';
import { linear, outputGate, rmsNorm, rope } from '@vulpes/wgsl-kernels';
import { getNumKvHeads } from '../config/sizes.ts';
import { type ParamReader, readerBelow } from '../parameters/params.ts';
import { attend } from './attend.ts';
import type { ForwardContext } from './context.ts';
import { logForgetGate } from './forget-gate.ts';
import { mergeHeads, splitHeads } from './heads.ts';
import { QK_NORM_EPS } from './qk-norm-eps.ts';
import { addProjected } from './residual.ts';
import { shiftLinear } from './shift-linear.ts';

export interface AttentionResult {
  /** [B, T, h], the residual stream after the layer */
  readonly output: Tensor;
  /** u32 [B, H, 2]; null without pruning or where nobody counts. */
  readonly pruningCounts: Tensor | null;
}

/** x [B, T, h], already normed; the layer's output is added to residual [B, T, h]. */
export function attentionLayer(
  { x, residual }: { readonly x: Tensor; readonly residual: Tensor },
  param: ParamReader,
  context: ForwardContext,
): AttentionResult {
  const { config } = context;
  // q [B, T, H, D]; k, v [B, T, Hkv, D]
  let q = splitHeads(linear(x, param('q_proj.weight')), config.numHeads);
  let k = project(x, 'k', param, context);
  const v = project(x, 'v', param, context);
  if (config.qkNorm) {
    q = rmsNorm(q, param('q_norm.weight'), { eps: QK_NORM_EPS });
    k = rmsNorm(k, param('k_norm.weight'), { eps: QK_NORM_EPS });
  }
  if (config.useRope) {
    // Padding and packing shift all positions of a document alike, and attention sees only their differences.
    const positions = context.cache?.positions();
    q = rope(q, { base: config.ropeBase, positions });
    k = rope(k, { base: config.ropeBase, positions });
  }
  const logFgate = logForgetGate(x, param, config);
  const { attended, pruningCounts } = attend({ q, k, v, logFgate }, param, context);
  const gated = gateOutput(attended, x, param, context);
  const output = addProjected(residual, gated, param('o_proj.weight'), context);
  return { output, pruningCounts };
}

/** A plain or a token-shifted projection to keys or values, [B, T, h] -> [B, T, Hkv, D] */
function project(
  x: Tensor,
  name: 'k' | 'v',
  attention: ParamReader,
  context: ForwardContext,
): Tensor {
  const { useKShift, useVShift } = context.config;
  const param = readerBelow(attention, `${name}_proj`);
  if (name === 'k' ? useKShift : useVShift) return shiftLinear(x, param, name, context);
  return splitHeads(linear(x, param('weight')), getNumKvHeads(context.config));
}

/** Per-head norm of o, then o · act(W_g x); each where asked for. o [B, T, H, D] -> [B, T, h] */
function gateOutput(o: Tensor, x: Tensor, param: ParamReader, { config }: ForwardContext): Tensor {
  const normed = config.useOutputNorm
    ? rmsNorm(o, param('output_norm.weight'), { eps: config.normEps })
    : o;
  const merged = mergeHeads(normed);
  if (!config.useOutputGate) return merged;
  return outputGate(merged, linear(x, param('ogate_proj.weight')), { activation: config.ogateAct });
}
