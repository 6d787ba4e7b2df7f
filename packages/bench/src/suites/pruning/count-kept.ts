// What a rule kept, by the real kernels, and what its rows truly lost, in f64.

import { blockCost, DEFAULT_LOG_PRUNING_TOLERANCE, pruningCounts } from '@vulpes/acp-scheduler';
import { referenceLargestDroppedMass } from '@vulpes/acp-scheduler/reference';
import { forgettingAttentionWithStats } from '@vulpes/fox-attention';
import { invariant, type Tensor } from '@vulpes/tensor-core';
import type { Counts } from '../../case.ts';
import { sumBlockCounts } from '../block-counts.ts';
import type { HostPruningInputs, PruningInputs, PruningSizes } from './inputs.ts';
import {
  attentionDims,
  computeRanges,
  createStopRule,
  type PruningRule,
  toBlocks,
} from './rules.ts';

/** @throws Error where a row lost more than ε: such counts are worth nothing. */
export async function countWork(
  inputs: PruningInputs,
  host: HostPruningInputs,
  sizes: PruningSizes,
  rule: PruningRule,
): Promise<Counts> {
  const { seqLen, headDim } = sizes;
  const made = inputs.q.device.scope(() => decide(inputs, sizes, rule));
  const starts = await readStarts(made);
  const { keptBlocks, causalBlocks } = await sumBlockCounts([made.counts]);
  const every = oddNear(seqLen / 128);
  const droppedMass = referenceLargestDroppedMass(
    logitsOf(host, sizes),
    starts,
    { ...attentionDims(sizes), blocks: { blockM: made.rowsPerStart, blockN: sizes.block } },
    every,
  );
  invariant(
    droppedMass <= Math.exp(DEFAULT_LOG_PRUNING_TOLERANCE),
    `pruning (${rule}): a row lost ${droppedMass} of its weight, more than ε.`,
  );
  const cost = blockCost({ headDim, blocks: toBlocks(sizes) });
  return {
    flops: keptBlocks * cost.forwardFlops,
    bytes: keptBlocks * cost.forwardBytes,
    countsDescribeTimedWork: false,
    keptBlocks,
    causalBlocks,
    droppedMass,
    droppedMassEvery: every,
  };
}

interface Decision {
  readonly counts: Tensor;
  /** First kept keys: of blocks of rows by the search [B, H, blocks]; of single rows as the kernel kept them [B, H, M, 2], second column. */
  readonly starts: Tensor;
  readonly rowsPerStart: number;
}

function decide(inputs: PruningInputs, sizes: PruningSizes, rule: PruningRule): Decision {
  const { q, k, logFgate } = inputs;
  const lengths = { queryLen: sizes.seqLen, keyLen: sizes.seqLen };
  if (rule === 'paper') {
    const ranges = computeRanges(inputs, sizes);
    const counts = pruningCounts(ranges, lengths);
    return { counts, starts: ranges.startIndex, rowsPerStart: sizes.block };
  }
  const stopRule = createStopRule(inputs, sizes);
  // What v holds changes no count.
  const { kept, rowStats } = forgettingAttentionWithStats(q, k, k, logFgate, { stopRule });
  return { counts: pruningCounts(kept, lengths), starts: rowStats, rowsPerStart: 1 };
}

async function readStarts({ starts, rowsPerStart }: Decision): Promise<ArrayLike<number>> {
  const data = await starts.data();
  starts.dispose();
  return rowsPerStart === 1 ? data.filter((_, at) => at % 2 === 1) : data;
}

/** Odd, so that the rows fall on all places of a block. */
const oddNear = (value: number): number => 2 * Math.floor(value / 2) + 1;

const logitsOf = ({ q, k, logLambda }: HostPruningInputs, { headDim }: PruningSizes) => ({
  q,
  k,
  logLambda,
  smScale: 1 / Math.sqrt(headDim),
});
