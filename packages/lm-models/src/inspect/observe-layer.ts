// What is read from a layer while the model runs: gates, boundaries of both rules, and the queries whose rows are computed again in f64.

import { pruningCounts } from '@vulpes/acp-scheduler';
import { forgettingAttentionWithStats, selectBlocks } from '@vulpes/fox-attention';
import { reshape, type Tensor } from '@vulpes/tensor-core';
import { cumulativeLogGate, embedding } from '@vulpes/wgsl-kernels';
import type { PruningMode } from '../config/config.ts';
import type { AttentionInputs } from '../layers/attention-inputs.ts';
import type { ForwardContext } from '../layers/context.ts';
import { pruneLayer } from '../layers/pruning.ts';
import type { ParamReader } from '../parameters/params.ts';

export interface ObservedRule {
  /** i32 [1, H, ceil(T / blockM)] */
  readonly startIndex: Tensor;
  /** u32 [1, H, 2]: kept and visible blocks. */
  readonly counts: Tensor;
  /** i32 [1, H, T, 2], second column: first kept key of each row, where rows of a block differ; null where the block's start is it. */
  readonly rowStats: Tensor | null;
}

/** Tensors on the device, to be read after the flush. */
export interface ObservedLayer {
  readonly layer: number;
  /** [1, T, H] */
  readonly logFgate: Tensor;
  /** i32 [1, H, T, 2] */
  readonly logLambda: Tensor;
  /** [positions, H · D] */
  readonly sampledQ: Tensor;
  /** [1, T, Hkv, D] */
  readonly k: Tensor;
  readonly paper: ObservedRule;
  readonly certified: ObservedRule;
}

export interface Observation {
  readonly layer: number;
  readonly context: ForwardContext;
  readonly logPruningTolerance: number;
  /** i32 [positions] */
  readonly positions: Tensor;
}

/** Records the reading of one layer; what it returns belongs to the scope around the call. */
export function observeLayer(
  inputs: AttentionInputs & { readonly logFgate: Tensor },
  param: ParamReader,
  observation: Observation,
): ObservedLayer {
  const { q, k, logFgate } = inputs;
  const { layer, context, positions } = observation;
  const [, seqLen, numHeads, headDim] = q.shape as [number, number, number, number];
  return q.device.scope(() => ({
    layer,
    // Views: the layer's own tensors may end with the block.
    logFgate: reshape(logFgate, logFgate.shape),
    k: reshape(k, k.shape),
    logLambda: cumulativeLogGate(logFgate, { visibility: context.documentVisibility }),
    sampledQ: embedding(positions, reshape(q, [seqLen, numHeads * headDim])),
    paper: keptBy('paper', inputs, param, observation),
    certified: keptBy('certified', inputs, param, observation),
  }));
}

/** What a rule keeps; for the certified one attention has to run. */
function keptBy(
  pruningMode: PruningMode,
  inputs: AttentionInputs & { readonly logFgate: Tensor },
  param: ParamReader,
  { context, logPruningTolerance }: Observation,
): ObservedRule {
  const { q, k, v, logFgate } = inputs;
  const { visibility } = context;
  const [, length] = q.shape as [number, number];
  const config = { ...context.config, pruningMode, logPruningTolerance };
  const pruning = pruneLayer({ q, k, logFgate }, param, { ...context, config });
  const lengths = { queryLen: length, keyLen: length, visibility };
  if (pruning?.ranges) {
    const { startIndex } = pruning.ranges;
    return { startIndex, counts: pruningCounts(pruning.ranges, lengths), rowStats: null };
  }
  const { kept, rowStats } = forgettingAttentionWithStats(q, k, v, logFgate, {
    visibility,
    ...pruning,
  });
  return { startIndex: kept.startIndex, counts: pruningCounts(kept, lengths), rowStats };
}

/** The blocks that `pruneLayer` uses. */
export const blocksOf = (seqLen: number, { device }: Pick<Tensor, 'device'>) =>
  selectBlocks({ keyLen: seqLen }, device.caps);
