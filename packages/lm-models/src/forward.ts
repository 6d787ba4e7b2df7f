// The forward pass from token ids to the last hidden states, top to bottom as in the paper. [FoX v2, Sec. 3]

import type { Tensor } from '@vulpes/tensor-core';
import { embedding, rmsNorm } from '@vulpes/wgsl-kernels';
import { block } from './layers/block.ts';
import { type ForwardContext, type Params, paramsBelow } from './layers/context.ts';

export interface Hidden {
  /** [B, T, h], after the final norm. */
  readonly hidden: Tensor;
  /** One u32 [B, H, 2] a layer: kept and causal blocks. Empty without pruning. */
  readonly pruningCounts: Tensor[];
}

/** inputIds i32 [B, T] */
export function forward(params: Params, inputIds: Tensor, context: ForwardContext): Hidden {
  const { config } = context;
  const param = paramsBelow(params, 'model');
  const pruningCounts: Tensor[] = [];
  let x = embedding(inputIds, param('embeddings.weight'));
  for (let layer = 0; layer < config.numHiddenLayers; layer++) {
    const result = block(x, paramsBelow(params, `model.layers.${layer}`), context);
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
