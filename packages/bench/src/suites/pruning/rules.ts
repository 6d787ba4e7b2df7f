// Both rules on the suite's inputs: what decides, and what its f64 reference says.

import {
  adaptiveThreshold,
  certifiedStopRule,
  DEFAULT_LOG_PRUNING_TOLERANCE,
  findBlockRanges,
  logitUpperBoundFromQkNorm,
} from '@vulpes/acp-scheduler';
import { referenceBlockBounds, referenceBlockRanges } from '@vulpes/acp-scheduler/reference';
import { type BlockRanges, cumulativeLogGate, type StopRule } from '@vulpes/wgsl-kernels';
import type { Expectations } from '../../case.ts';
import type { HostPruningInputs, PruningInputs, PruningSizes } from './inputs.ts';

export type PruningRule = 'paper' | 'certified';

/** S is stored up to 1e-4 nats above its true value. */
const EDGE_BOUND = 1e-4;

export const toBlocks = ({ block }: PruningSizes) => ({ blockM: block, blockN: block });

export function createStopRule({ k, logFgate }: PruningInputs, sizes: PruningSizes): StopRule {
  return certifiedStopRule(k, cumulativeLogGate(logFgate), {
    logPruningTolerance: DEFAULT_LOG_PRUNING_TOLERANCE,
    blocks: toBlocks(sizes),
  });
}

export function computeRanges(
  { logFgate, qkWeight }: PruningInputs,
  sizes: PruningSizes,
): BlockRanges {
  const { seqLen, headDim } = sizes;
  const smScale = 1 / Math.sqrt(headDim);
  const threshold = adaptiveThreshold({
    logitUpperBound: logitUpperBoundFromQkNorm(qkWeight, qkWeight, { ...sizes, smScale }),
    seqLen,
    logPruningTolerance: DEFAULT_LOG_PRUNING_TOLERANCE,
  });
  const options = { queryLen: seqLen, blocks: toBlocks(sizes) };
  return findBlockRanges(cumulativeLogGate(logFgate), threshold, options);
}

export const attentionDims = (sizes: PruningSizes) => ({
  ...sizes,
  numKvHeads: sizes.numHeads,
  queryLen: sizes.seqLen,
  keyLen: sizes.seqLen,
});

export function referencePruning(
  host: HostPruningInputs,
  sizes: PruningSizes,
  rule: PruningRule,
): Expectations {
  const dims = { ...attentionDims(sizes), blockN: sizes.block, blocks: toBlocks(sizes) };
  if (rule === 'certified')
    return { blockBounds: { values: referenceBlockBounds(host, dims), bound: EDGE_BOUND } };
  // U = √D for rows of length √D.
  const delta =
    -2 * Math.sqrt(sizes.headDim) - Math.log(sizes.seqLen) + DEFAULT_LOG_PRUNING_TOLERANCE;
  const threshold = new Float64Array(sizes.batch * sizes.numHeads).fill(delta);
  const { startIndex, endIndex } = referenceBlockRanges(host.logLambda, threshold, dims);
  return {
    startIndex: { values: startIndex, bound: 0 },
    endIndex: { values: endIndex, bound: 0 },
  };
}
