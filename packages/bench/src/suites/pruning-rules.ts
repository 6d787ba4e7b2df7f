// What decides which blocks attention skips, as a model's layer runs it.

import {
  adaptiveThreshold,
  certifiedStopRule,
  DEFAULT_LOG_PRUNING_TOLERANCE,
  findBlockRanges,
  pruningCounts,
} from '@vulpes/acp-scheduler';
import {
  type ForgettingAttentionOptions,
  forgettingAttentionWithStats,
} from '@vulpes/fox-attention';
import type { Tensor } from '@vulpes/tensor-core';
import { cumulativeLogGate } from '@vulpes/wgsl-kernels';
import type { Sizes } from './attention/inputs.ts';
import { sumBlockCounts } from './block-counts.ts';

export const RULES = ['dense', 'paper', 'certified'] as const;
export type Rule = (typeof RULES)[number];

/** Threshold and search, or the stop rule. @param boundLogits - the paper's rule asks for a bound of every |s q·k|, [B, H] or [1] */
export function prune(
  { k, logFgate }: { readonly k: Tensor; readonly logFgate: Tensor },
  { seqLen, blocks }: Sizes,
  rule: Rule,
  boundLogits: () => Tensor,
): ForgettingAttentionOptions {
  if (rule === 'dense') return {};
  const logPruningTolerance = DEFAULT_LOG_PRUNING_TOLERANCE;
  const logLambda = cumulativeLogGate(logFgate);
  if (rule === 'certified') {
    return {
      logLambda,
      stopRule: certifiedStopRule(k, logLambda, { logPruningTolerance, blocks }),
    };
  }
  const options = { logitUpperBound: boundLogits(), seqLen, logPruningTolerance };
  const ranges = findBlockRanges(logLambda, adaptiveThreshold(options), {
    queryLen: seqLen,
    blocks,
  });
  return { logLambda, ranges };
}

/** What attention itself says it kept: blocks, and the first kept key of each row [B, H, T]. */
export async function readKept(
  { q, k, v, logFgate }: Readonly<Record<'q' | 'k' | 'v' | 'logFgate', Tensor>>,
  { seqLen }: Sizes,
  choose: () => ForgettingAttentionOptions,
) {
  const { counts, rowStats } = q.device.scope(() => {
    const { kept, rowStats } = forgettingAttentionWithStats(q, k, v, logFgate, choose());
    return { counts: pruningCounts(kept, { queryLen: seqLen, keyLen: seqLen }), rowStats };
  });
  const stats = await rowStats.data();
  rowStats.dispose();
  return { ...(await sumBlockCounts([counts])), firstKeys: stats.filter((_, at) => at % 2 === 1) };
}
