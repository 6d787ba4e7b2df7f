// What a case may drop, as functions from its tensors on the device to what attention takes.

import {
  adaptiveThreshold,
  certifiedStopRule,
  constantThreshold,
  findBlockRanges,
  logitUpperBoundFromNorms,
} from '@vulpes/acp-scheduler';
import { selectBlocks } from '@vulpes/fox-attention';
import type { Tensor } from '@vulpes/tensor-core';
import type { BlockRanges, BlockSizes, StopRule } from '@vulpes/wgsl-kernels';
import type { AttentionCase, OfficialPruning } from './attention-case.ts';
import type { Uploaded } from './upload.ts';

/** What attention drops by: blocks found before, or a rule that it follows while it runs. */
export type Pruned = { readonly ranges: BlockRanges } | { readonly stopRule: StopRule };

/** Chooses what to drop. `logLambda` i32 [B, H, N, 2]. */
export type Pruning = (inputs: Uploaded, logLambda: Tensor, theCase: AttentionCase) => Pruned;

/** The threshold and block sizes of the file. */
export const officialPruning =
  ({ threshold, blockM, blockN }: OfficialPruning): Pruning =>
  ({ q }, logLambda, { dims }) => {
    const given = q.device.tensor(threshold, [dims.batch, dims.numHeads]);
    const blocks = { blockM: effectiveBlockM(blockM, dims.queryLen), blockN };
    return { ranges: findBlockRanges(logLambda, given, { queryLen: dims.queryLen, blocks }) };
  };

/** One query block stays one query block: the official decoding kernel has blocks of a single query. */
const effectiveBlockM = (blockM: number, queryLen: number): number =>
  queryLen <= blockM ? Math.max(8, blockM) : blockM;

/** One threshold for all heads. */
export const constantPruning =
  (value: number): Pruning =>
  (inputs, logLambda, { dims }) => {
    const { batch, numHeads, queryLen } = dims;
    const threshold = constantThreshold(inputs.q.device, value, { batch, numHeads });
    const blocks = blocksOf(inputs, dims);
    return { ranges: findBlockRanges(logLambda, threshold, { queryLen, blocks }) };
  };

/** The paper's rule: a threshold from the norms of q and k and from log ε. */
export const tolerancePruning =
  (logPruningTolerance: number): Pruning =>
  (inputs, logLambda, { dims, smScale }) => {
    const threshold = thresholdOf(inputs, { smScale, logPruningTolerance });
    const blocks = blocksOf(inputs, dims);
    return { ranges: findBlockRanges(logLambda, threshold, { queryLen: dims.queryLen, blocks }) };
  };

/** The certified rule at log ε. */
export const certifiedPruning =
  (logPruningTolerance: number): Pruning =>
  (inputs, logLambda, { dims }) => ({
    stopRule: stopRuleOf(inputs.k, { inputs, logLambda, dims, logPruningTolerance }),
  });

/**
 * The certified rule told that all keys are 0, so that it takes every logit for 0: it promises nothing, and drops what shows
 * in the results, where the true rule is so cautious that even a large ε hardly does.
 */
export const aggressivePruning =
  (logPruningTolerance: number): Pruning =>
  (inputs, logLambda, { dims }) => {
    const zeros = inputs.k.device.zeros(inputs.k.shape, { label: 'no keys' });
    return { stopRule: stopRuleOf(zeros, { inputs, logLambda, dims, logPruningTolerance }) };
  };

interface StopRuleInputs extends Pick<AttentionCase, 'dims'> {
  readonly inputs: Uploaded;
  readonly logLambda: Tensor;
  readonly logPruningTolerance: number;
}

const stopRuleOf = (
  k: Tensor,
  { inputs, logLambda, dims, logPruningTolerance }: StopRuleInputs,
): StopRule =>
  certifiedStopRule(k, logLambda, {
    logPruningTolerance,
    blocks: blocksOf(inputs, dims),
    visibility: inputs.visibility ?? undefined,
  });

/** δ [B, H] of the paper's rule. */
export function thresholdOf(
  { q, k }: Pick<Uploaded, 'q' | 'k'>,
  { smScale, logPruningTolerance }: { smScale: number; logPruningTolerance: number },
): Tensor {
  const logitUpperBound = logitUpperBoundFromNorms(q, k, { smScale });
  const seqLen = k.shape[1] as number;
  return adaptiveThreshold({ logitUpperBound, seqLen, logPruningTolerance });
}

/** The blocks that a model would take. */
const blocksOf = ({ q }: Uploaded, dims: AttentionCase['dims']): BlockSizes =>
  selectBlocks(dims, q.device.caps);
