// Attention of one layer under the pruning rule of the configuration, and what it kept.

import { forgettingAttention, forgettingAttentionWithStats } from '@vulpes/fox-attention';
import type { Tensor } from '@vulpes/tensor-core';
import type { ParamReader } from '../parameters/params.ts';
import type { AttentionInputs } from './attention-inputs.ts';
import type { ForwardContext } from './context.ts';
import { boundLogits } from './logit-bound.ts';
import { pruneLayer } from './pruning.ts';

export interface Attended {
  /** [B, T, H, D] */
  readonly attended: Tensor;
  /** u32 [B, H, 2]; null without pruning or where nobody counts. */
  readonly pruningCounts: Tensor | null;
}

/** @param param - of the attention layer: QK-norm's weights bound the logits */
export function attend(
  { q, k, v, logFgate, logitBound: known }: AttentionInputs,
  param: ParamReader,
  context: ForwardContext,
): Attended {
  const { visibility, countPruning, cache } = context;
  context.onAttention?.({ q, k, v, logFgate }, param);
  if (cache) return { attended: cache.attend({ q, k, v, logFgate }), pruningCounts: null };
  const pruning = logFgate && pruneLayer({ q, k, logFgate, logitBound: known }, param, context);
  // Scores within f16 pass through it, which is faster.
  const logitBound =
    q.dtype === 'f16' ? boundLogits({ q, k, logitBound: known }, param, context.config) : undefined;
  const options = { visibility, logitBound, ...pruning };
  if (!(pruning && countPruning)) {
    return { attended: forgettingAttention(q, k, v, logFgate, options), pruningCounts: null };
  }
  const { out, counts } = forgettingAttentionWithStats(q, k, v, logFgate, options);
  return { attended: out, pruningCounts: counts };
}
