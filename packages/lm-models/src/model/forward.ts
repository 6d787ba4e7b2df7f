// The forward pass from token ids to the last hidden states, top to bottom as in the paper. [FoX v2, Sec. 3]

import { reshape, type Tensor } from '@vulpes/tensor-core';
import { cast, embedding, linear } from '@vulpes/wgsl-kernels';
import type { FoxConfig } from '../config/config.ts';
import { checkpointedBlock } from '../layers/checkpointed-block.ts';
import type { ForwardContext } from '../layers/context.ts';
import type { DecodingState } from '../layers/decoding-state.ts';
import { normStream, type Stream } from '../layers/residual.ts';
import { inputProjectionName } from '../parameters/packed-parameters.ts';
import { type Params, paramsBelow } from '../parameters/params.ts';

export interface Hidden {
  /** [B, T, h], after the final norm. */
  readonly hidden: Tensor;
  /** One u32 [B, H, 2] a layer: kept and causal blocks. Empty without pruning. */
  readonly pruningCounts: Tensor[];
}

/** inputIds i32 [B, T]; with `caches`, one a layer, they are the next chunk of a text. */
export function forward(
  params: Params,
  inputIds: Tensor,
  context: ForwardContext,
  caches?: readonly DecodingState[],
): Hidden {
  const { config } = context;
  const param = paramsBelow(params, 'model');
  const pruningCounts: Tensor[] = [];
  let stream: Stream = {
    residual: embedding(inputIds, param('embeddings.weight')),
    delta: null,
  };
  for (let layer = 0; layer < config.numHiddenLayers; layer++) {
    const reader = paramsBelow(params, `model.layers.${layer}`);
    const inputProjection = params[inputProjectionName(layer)];
    const ofLayer = { ...context, inputProjection, cache: caches?.[layer] };
    const result = checkpointedBlock(stream, reader, ofLayer);
    stream = result.stream;
    if (result.pruningCounts) pruningCounts.push(result.pruningCounts);
  }
  const { normed } = normStream(stream, param('norm.weight'), context);
  return { hidden: normed, pruningCounts };
}

/** The output head, [V, h]: the embedding itself where the two are tied. */
export const headWeight = (params: Params, { config }: ForwardContext): Tensor =>
  config.tieWordEmbeddings
    ? paramsBelow(params, 'model')('embeddings.weight')
    : paramsBelow(params, 'lm_head')('weight');

/** [B, V]: logits of the last token of each row; with `caches`, of a chunk that they were opened for. */
export function nextLogits(
  params: Params,
  inputIds: Tensor,
  context: ForwardContext,
  caches?: readonly DecodingState[],
): Tensor {
  const { hidden } = forward(params, inputIds, context, caches);
  const rows = cast(lastRows(hidden), hidden.dtype);
  return linear(rows, headWeight(params, context), undefined, { out: 'f32' });
}

/** Of a chunk that caches take in: they know what it may see. */
export const cachedContext = (config: FoxConfig): ForwardContext => ({
  config,
  visibility: undefined,
  documentVisibility: undefined,
  countPruning: false,
});

/** [B, T, h] -> [B, h], the last token of each row: a look-up with the hidden states as the table. */
function lastRows(hidden: Tensor): Tensor {
  const [batch, seqLen, hiddenSize] = hidden.shape as [number, number, number];
  if (seqLen === 1) return reshape(hidden, [batch, hiddenSize]);
  const rows = Int32Array.from({ length: batch }, (_, b) => b * seqLen + seqLen - 1);
  const table = reshape(hidden, [batch * seqLen, hiddenSize]);
  return embedding(hidden.device.tensor(rows, [batch]), table);
}
