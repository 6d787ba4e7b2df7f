// What is kept on the device of a layer that attends without pruning, and what both rules would keep of it.

import { pruningCounts } from '@vulpes/acp-scheduler';
import { forgettingAttentionWithStats } from '@vulpes/fox-attention';
import type { ObservedAttention, PruningMode } from '@vulpes/lm-models';
import { reshape, type Tensor } from '@vulpes/tensor-core';
import { cumulativeLogGate, embedding } from '@vulpes/wgsl-kernels';

export type LayerTensors = ReturnType<typeof recordLayer>;

/** @param positions - i32 [positions], those whose rows of attention are computed */
export function recordLayer(
  observed: ObservedAttention,
  positions: Tensor,
  logPruningTolerance: number,
) {
  const { layer, q, k, logFgate, documentVisibility } = observed;
  const [, seqLen, numHeads, headDim] = q.shape as [number, number, number, number];
  return {
    layer,
    tensors: {
      // Views: the layer's own tensors end with its block.
      /** [1, T, H] */
      logFgate: reshape(logFgate, logFgate.shape),
      /** [1, T, Hkv, D] */
      k: reshape(k, k.shape),
      /** i32 [1, H, T, 2] */
      logLambda: cumulativeLogGate(logFgate, { visibility: documentVisibility }),
      /** [positions, H · D] */
      q: embedding(positions, reshape(q, [seqLen, numHeads * headDim])),
    },
    paper: recordRule(observed, 'paper', logPruningTolerance),
    certified: recordRule(observed, 'certified', logPruningTolerance),
  };
}

export interface RuleTensors {
  /** i32 [1, H, ceil(T / blockM)] */
  readonly startIndex: Tensor;
  /** u32 [1, H, 2]: kept and visible blocks. */
  readonly counts: Tensor;
  /** i32 [1, H, T, 2], second column: first kept key of each row; absent where it is that of the row's block. */
  readonly rowStats?: Tensor;
}

/** What a rule keeps; for the certified one attention has to run. */
function recordRule(
  observed: ObservedAttention,
  pruningMode: PruningMode,
  logPruningTolerance: number,
): RuleTensors {
  const { q, k, v, logFgate, visibility } = observed;
  const seqLen = q.shape[1]!;
  const lengths = { queryLen: seqLen, keyLen: seqLen, visibility };
  const pruning = observed.prune(pruningMode, logPruningTolerance);
  if (pruning.ranges) {
    const { startIndex } = pruning.ranges;
    return { startIndex, counts: pruningCounts(pruning.ranges, lengths) };
  }
  const options = { visibility, ...pruning };
  const { kept, rowStats } = forgettingAttentionWithStats(q, k, v, logFgate, options);
  return { startIndex: kept.startIndex, counts: pruningCounts(kept, lengths), rowStats };
}
