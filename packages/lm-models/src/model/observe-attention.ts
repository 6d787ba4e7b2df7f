// Runs a model on one text without pruning, and shows what each layer attends with.

import { reshape, type Tensor } from '@vulpes/tensor-core';
import { linearCrossEntropy } from '@vulpes/wgsl-kernels';
import type { PruningMode } from '../config/config.ts';
import type { AttentionInputs } from '../layers/attention-inputs.ts';
import type { ForwardContext } from '../layers/context.ts';
import { type LayerPruning, pruneLayer } from '../layers/pruning.ts';
import { makeVisibility, type Visibility } from '../layers/visibility.ts';
import type { Params } from '../parameters/params.ts';
import { forward, headWeight } from './forward.ts';
import type { Model } from './model.ts';

/** What attention of a layer with a forget gate gets. */
export interface ObservedAttention extends Visibility {
  readonly layer: number;
  /** [1, T, H, D] */
  readonly q: Tensor;
  /** [1, T, Hkv, D] */
  readonly k: Tensor;
  readonly v: Tensor;
  /** [1, T, H] */
  readonly logFgate: Tensor;
  /** What attention would take to drop keys by this rule. */
  prune(pruningMode: PruningMode, logPruningTolerance: number): LayerPruning;
}

/**
 * Call it in a `device.scope`: the observed tensors are freed with it, but for those that it returns.
 * @param inputIds - one text, [T]
 * @param onLayer - called for each layer with a forget gate, in order
 * @returns loss per token [T], nats; 0 at the last token, which has no label
 */
export function observeAttention(
  { config: ownConfig, device }: Model,
  params: Params,
  inputIds: ArrayLike<number>,
  onLayer: (observed: ObservedAttention) => void,
): Tensor {
  const length = inputIds.length;
  const config = { ...ownConfig, logPruningTolerance: null };
  const ids = Int32Array.from(inputIds);
  let layer = 0;
  const context: ForwardContext = {
    config,
    ...makeVisibility(device, { batch: 1, length }, {}, config),
    countPruning: false,
    onAttention({ logFgate, ...qkv }: AttentionInputs, param) {
      const index = layer++;
      if (!logFgate) return;
      const inputs = { ...qkv, logFgate };
      const { documentVisibility, visibility } = context;
      const prune: ObservedAttention['prune'] = (pruningMode, logPruningTolerance) => {
        const rule = { ...config, pruningMode, logPruningTolerance };
        return pruneLayer(inputs, param, { ...context, config: rule })!;
      };
      onLayer({ layer: index, ...inputs, documentVisibility, visibility, prune });
    },
  };
  const { hidden } = forward(params, device.tensor(ids, [1, length]), context);
  const labels = device.tensor(
    ids.map((_, t) => ids[t + 1] ?? -100),
    [length],
  );
  const rows = reshape(hidden, [length, config.hiddenSize]);
  return linearCrossEntropy(rows, headWeight(params, context), labels).lossPerToken;
}
