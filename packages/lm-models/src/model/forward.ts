// The forward pass from token ids to the last hidden states, top to bottom as in the paper. [FoX v2, Sec. 3]

import type { Tensor } from '@vulpes/tensor-core';
import { embedding, rmsNorm } from '@vulpes/wgsl-kernels';
import { checkpointedBlock } from '../layers/checkpointed-block.ts';
import type { ForwardContext } from '../layers/context.ts';
import type { DecodingState } from '../layers/decoding-state.ts';
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
  let x = embedding(inputIds, param('embeddings.weight'));
  for (let layer = 0; layer < config.numHiddenLayers; layer++) {
    const reader = paramsBelow(params, `model.layers.${layer}`);
    const result = checkpointedBlock(x, reader, { ...context, cache: caches?.[layer] });
    x = result.output;
    if (result.pruningCounts) pruningCounts.push(result.pruningCounts);
  }
  return { hidden: rmsNorm(x, param('norm.weight'), { eps: config.normEps }), pruningCounts };
}

/** The output head, [V, h]: the embedding itself where the two are tied. */
export const headWeight = (params: Params, { config }: ForwardContext): Tensor =>
  config.tieWordEmbeddings
    ? paramsBelow(params, 'model')('embeddings.weight')
    : paramsBelow(params, 'lm_head')('weight');
