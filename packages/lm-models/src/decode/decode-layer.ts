// One layer of FoX (Pro) for one token a row: the work of layers/block.ts in eight launches.

import { pagedAttentionParts } from '@vulpes/fox-attention';
import type { Tensor } from '@vulpes/tensor-core';
import { addLinear } from '@vulpes/wgsl-kernels';
import type { LayerMemory } from '../cache/layer-cache.ts';
import type { FoxConfig } from '../config/config.ts';
import { getHeadDim, getIntermediateSize, getNumKvHeads } from '../config/sizes.ts';
import { QK_NORM_EPS } from '../layers/qk-norm-eps.ts';
import type { ParamReader } from '../parameters/params.ts';
import {
  decodeAppend,
  decodeGate,
  decodeOutput,
  type FusedKernels,
  selectSplits,
} from './decode.kernel.ts';
import type { PackedLayer } from './packed-weights.ts';

export interface DecodeLayerParts {
  readonly config: FoxConfig;
  readonly kernels: FusedKernels;
  readonly param: ParamReader;
  readonly packed: PackedLayer;
  readonly memory: LayerMemory;
}

/** x [B, 1, h], which is added to in place. */
export function decodeLayer(x: Tensor, parts: DecodeLayerParts): void {
  const sizes = findSizes(parts.config, x.shape[0] as number);
  const projected = project(x, parts, sizes);
  append(projected, parts, sizes);
  const attended = attend(projected, parts, sizes);
  addLinear(x, attended, parts.param('attn.o_proj.weight'));
  addLinear(x, up(x, parts), parts.param('mlp.down_proj.weight'));
}

type Sizes = ReturnType<typeof findSizes>;

/** What the projections of a token are: q [B, H, D], k and v [B, Hkv, D], output gate [B, H, D], logits [B, 2 Hkv + H] of shifts and gates. */
function findSizes(config: FoxConfig, batch: number) {
  const [headDim, numHeads, kvHeads] = [getHeadDim(config), config.numHeads, getNumKvHeads(config)];
  const [widthQ, widthK] = [numHeads * headDim, kvHeads * headDim];
  const counts = [widthQ, widthK, widthK, widthQ, 2 * kvHeads + numHeads] as const;
  const oGate = batch * (widthQ + 2 * widthK);
  return {
    ...{ batch, headDim, numHeads, kvHeads, group: numHeads / kvHeads, heads: batch * numHeads },
    ...{ counts, oGate, oLogits: oGate + batch * widthQ },
    size: batch * counts.reduce((sum, count) => sum + count, 0),
  };
}

/** -> all projections, one part behind the other */
function project(
  x: Tensor,
  { config, kernels, param, packed }: DecodeLayerParts,
  { batch, counts, size }: Sizes,
): Tensor {
  const y = x.device.empty([size], { label: 'projections' });
  kernels.project.run(x.device, {
    dims: { rows: batch, width: config.hiddenSize, counts, eps: config.normEps },
    tensors: {
      ...{ x, norm: param('attn_norm.weight'), w0: param('attn.q_proj.weight') },
      w1: param('attn.k_proj.linear.weight'),
      w2: param('attn.v_proj.linear.weight'),
      ...{ w3: param('attn.ogate_proj.weight'), w4: packed.logits, y },
    },
  });
  return y;
}

/** q is normed in place; k, v and the cumulative gate go into their pages. */
function append(
  projected: Tensor,
  { param, packed, memory }: DecodeLayerParts,
  sizes: Sizes,
): void {
  const { device } = projected;
  const { state, pages, last, gates } = memory;
  const { k: pool_k, v: pool_v, logLambda: pool_lambda, table } = pages;
  const dims = { ...sizes, maxPages: table.shape[2] as number };
  const normRows = (name: string) => param(`attn.${name}.weight`).size / sizes.headDim;
  decodeAppend.run(device, {
    dims: {
      ...{ ...dims, normRowsQ: normRows('q_norm'), normRowsK: normRows('k_norm') },
      ...{ oNormK: packed.oNormK, oLastV: last.size / 2, eps: QK_NORM_EPS },
    },
    tensors: { projected, norms: packed.norms, last, table, state, pool_k, pool_v },
  });
  const bias = param('attn.fgate_proj.bias');
  decodeGate.run(device, {
    dims,
    tensors: { logits: projected, bias, table, state, pool_lambda, ...gates },
  });
}

/** -> attention's output, normed and gated, [B, 1, H · D] */
function attend(
  projected: Tensor,
  { config, param, memory }: DecodeLayerParts,
  sizes: Sizes,
): Tensor {
  const { device } = projected;
  const { batch, numHeads, headDim } = sizes;
  const { state, pages, firstPage } = memory;
  const q = device.slice(projected, 0, [batch, 1, numHeads, headDim]);
  const splits = selectSplits(sizes.heads);
  const { windowSize } = config;
  const parts = pagedAttentionParts(q, pages, { state, firstPage, windowSize, splits });
  const y = device.empty([batch, 1, numHeads * headDim], { label: 'gated output' });
  const weight = param('attn.output_norm.weight');
  decodeOutput.run(device, {
    dims: { ...sizes, splits, weightRows: weight.size / headDim, eps: config.normEps },
    tensors: { parts, gates: projected, weight, y },
  });
  return y;
}

/** -> silu(a) · b, [a, b] = W rms(x), [B, 1, I] */
function up(x: Tensor, { config, kernels, param }: DecodeLayerParts): Tensor {
  const [rows, inner] = [x.shape[0] as number, getIntermediateSize(config)];
  const y = x.device.empty([rows, 1, inner], { label: 'swiglu' });
  kernels.up.run(x.device, {
    dims: { rows, width: config.hiddenSize, inner, eps: config.normEps },
    tensors: { x, norm: param('mlp_norm.weight'), w: param('mlp.gate_proj.weight'), y },
  });
  return y;
}
