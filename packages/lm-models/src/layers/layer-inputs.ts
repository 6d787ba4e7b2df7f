// From a layer's normed input to what it attends with: by one packed projection, or by one projection for each. [FoX v2, Sec. 3]

import type { Tensor } from '@vulpes/tensor-core';
import { linear, prepareHeads, rmsNorm, rope } from '@vulpes/wgsl-kernels';
import { getHeadDim, getNumKvHeads } from '../config/sizes.ts';
import { type ParamReader, readerBelow } from '../parameters/params.ts';
import type { AttentionInputs } from './attention-inputs.ts';
import type { ForwardContext } from './context.ts';
import { logForgetGate } from './forget-gate.ts';
import { splitHeads } from './heads.ts';
import { QK_NORM_EPS } from './qk-norm-eps.ts';
import { shiftLinear } from './shift-linear.ts';

export interface LayerInputs extends AttentionInputs {
  /** [B, T, h], before its activation; null where it is still to be projected, or there is none. */
  readonly outputGate: Tensor | null;
}

/**
 * Training packs the projections of FoX (Pro) into one matrix (`packedParameters`) and gives it by the context: one product each way
 * instead of seven, and one op for what follows. Everything else, decoding above all, reads the official parameters.
 * x [B, T, h], already normed
 */
export const layerInputs = (
  x: Tensor,
  param: ParamReader,
  context: ForwardContext,
): LayerInputs => {
  const { inputProjection } = context;
  return inputProjection
    ? packedInputs(x, inputProjection, param, context)
    : separateInputs(x, param, context);
};

/** The logits of gates are as exact as activations: f16 in mixed precision, where separate projections give f32. */
function packedInputs(
  x: Tensor,
  inputProjection: Tensor,
  param: ParamReader,
  { config, documentVisibility }: ForwardContext,
): LayerInputs {
  const inputs = {
    packed: linear(x, inputProjection),
    qWeight: param('q_norm.weight'),
    kWeight: param('k_norm.weight'),
    bias: param('fgate_proj.bias'),
  };
  return prepareHeads(inputs, {
    numHeads: config.numHeads,
    numKvHeads: getNumKvHeads(config),
    headDim: getHeadDim(config),
    eps: QK_NORM_EPS,
    visibility: documentVisibility,
  });
}

function separateInputs(x: Tensor, param: ParamReader, context: ForwardContext): LayerInputs {
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
  return { q, k, v, logFgate: logForgetGate(x, param, config), outputGate: null };
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
