// Adaptive computation pruning for one layer: which blocks of its attention matrix hold at most ε of any row's weight. [ACP v2, Sec. 3]

import {
  adaptiveThreshold,
  findBlockRanges,
  logitUpperBoundFromNorms,
  logitUpperBoundFromQkNorm,
  pruningCounts,
} from '@vulpes/acp-scheduler';
import { selectBlocks } from '@vulpes/fox-attention';
import type { Tensor } from '@vulpes/tensor-core';
import { type BlockRanges, cumulativeLogGate } from '@vulpes/wgsl-kernels';
import type { ForwardContext, ParamReader } from './context.ts';

export interface LayerPruning {
  readonly logLambda: Tensor;
  readonly ranges: BlockRanges;
  /** u32 [B, H, 2]: kept and causal blocks; null where nobody counts. */
  readonly counts: Tensor | null;
}

interface AttentionInputs {
  /** [B, T, H, D], as attention sees them: after norm and rotation. */
  readonly q: Tensor;
  readonly k: Tensor;
  /** [B, T, H] */
  readonly logFgate: Tensor;
}

/** Null where pruning is off. Nothing here is differentiated. */
export function pruneLayer(
  { q, k, logFgate }: AttentionInputs,
  param: ParamReader,
  { config, seqStart, countPruning }: ForwardContext,
): LayerPruning | null {
  const { logPruningTolerance } = config;
  if (logPruningTolerance === null) return null;
  const [batch, seqLen, numHeads, headDim] = q.shape as [number, number, number, number];
  const smScale = 1 / Math.sqrt(headDim);
  // QK-norm bounds the logits by its weights; without it the largest norms of this batch do.
  const logitUpperBound = config.qkNorm
    ? logitUpperBoundFromQkNorm(param('q_norm.weight'), param('k_norm.weight'), {
        batch,
        numHeads,
        headDim,
        smScale,
      })
    : logitUpperBoundFromNorms(q, k, { smScale });
  const threshold = adaptiveThreshold({ logitUpperBound, seqLen, logPruningTolerance });
  const logLambda = cumulativeLogGate(logFgate, seqStart ? { seqStart } : {});
  const ranges = findBlockRanges(logLambda, threshold, {
    queryLen: seqLen,
    blocks: selectBlocks({ keyLen: seqLen }, q.device.caps),
  });
  const counts = countPruning
    ? pruningCounts(ranges, { queryLen: seqLen, keyLen: seqLen, seqStart })
    : null;
  return { logLambda, ranges, counts };
}
