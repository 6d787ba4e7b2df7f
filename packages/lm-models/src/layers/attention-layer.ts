// The attention layer of FoX (LLaMA), FoX (Pro) and the RoPE baseline: one function, options by configuration. [FoX v2, Sec. 3]

import type { Tensor } from '@vulpes/tensor-core';
import { gatedRmsNorm, linear, outputGate, rmsNorm } from '@vulpes/wgsl-kernels';
import type { ParamReader } from '../parameters/params.ts';
import { attend } from './attend.ts';
import type { ForwardContext } from './context.ts';
import { mergeHeads } from './heads.ts';
import { layerInputs } from './layer-inputs.ts';
import { addProjected, type Stream, sumStream } from './residual.ts';

interface Counted {
  /** u32 [B, H, 2]; null without pruning or where nobody counts. */
  readonly pruningCounts: Tensor | null;
}

export interface AttentionResult extends Counted {
  /** [B, T, h], the residual stream after the layer */
  readonly output: Tensor;
}

export interface StreamResult extends Counted {
  /** After the layer. */
  readonly stream: Stream;
}

/** What a half of a block reads, [B, T, h] each: its input, already normed, and the stream that its output is added to. */
export interface HalfInputs {
  readonly x: Tensor;
  readonly residual: Tensor;
}

/** x [B, T, h], already normed; the layer's output is added to residual [B, T, h]. */
export function attentionLayer(
  inputs: HalfInputs,
  param: ParamReader,
  context: ForwardContext,
): AttentionResult {
  const { stream, pruningCounts } = attentionHalf(inputs, param, context);
  return { output: sumStream(stream), pruningCounts };
}

/** The same, with a sum that is still to be made. */
export function attentionHalf(
  { x, residual }: HalfInputs,
  param: ParamReader,
  context: ForwardContext,
): StreamResult {
  const { outputGate: gate, ...inputs } = layerInputs(x, param, context);
  const { attended, pruningCounts } = attend(inputs, param, context);
  const gated = gateOutput(attended, { x, gate }, param, context);
  const stream = addProjected(residual, gated, param('o_proj.weight'), context);
  return { stream, pruningCounts };
}

/** Per-head norm of o, then o · act(gate), gate = W_g x where it is not given; each where asked for. o [B, T, H, D] -> [B, T, h] */
function gateOutput(
  o: Tensor,
  { x, gate }: { readonly x: Tensor; readonly gate: Tensor | null },
  param: ParamReader,
  { config }: ForwardContext,
): Tensor {
  const logits = config.useOutputGate ? (gate ?? linear(x, param('ogate_proj.weight'))) : null;
  const weight = config.useOutputNorm ? param('output_norm.weight') : null;
  const [eps, activation] = [config.normEps, config.ogateAct];
  if (weight && logits) return gatedRmsNorm(o, weight, logits, { eps, activation });
  const merged = mergeHeads(weight ? rmsNorm(o, weight, { eps }) : o);
  return logits ? outputGate(merged, logits, { activation }) : merged;
}
