// What each pruning rule keeps on heads that forget at known speeds: counts of blocks and the true dropped mass. Only the deciding is timed.

import {
  blockCost,
  DEFAULT_LOG_PRUNING_TOLERANCE,
  logitUpperBoundFromQkNorm,
} from '@vulpes/acp-scheduler';
import { referenceBlockBounds, referenceLargestDroppedMass } from '@vulpes/acp-scheduler/reference';
import { forwardFlops } from '@vulpes/fox-attention';
import { type Device, type DeviceCaps, disposeAll, invariant } from '@vulpes/tensor-core';
import {
  type BenchCase,
  type Counts,
  type Dims,
  dim,
  type Expectations,
  type Workload,
} from '../case.ts';
import { readSizes, referenceDims, type Sizes, uploadInputs } from './attention/inputs.ts';
import { expectRanges, type HostPruningInputs, hostPruningInputs } from './pruning/inputs.ts';
import { prune, type Rule, readKept } from './pruning-rules.ts';

/** S is stored up to 1e-4 nats above its true value. */
const EDGE_BOUND = 1e-4;
/** Decay times of the first and the last head, in tokens; the others lie between, evenly in the logarithm. */
const TAUS = [
  { tauMin: 2, tauMax: 512 },
  { tauMin: 4, tauMax: 4096 },
] as const;
const LENGTHS = [2048, 16384];
/** Counting a longer context takes a software adapter minutes. */
const MAX_ON_SOFTWARE = 2048;
const SMALL = { B: 1, T: 320, H: 3, D: 64, block: 64 } as const;

export const pruningSuite = ({ isSoftware }: DeviceCaps): BenchCase[] =>
  LENGTHS.flatMap((T) =>
    TAUS.map((taus) => ({
      ...pruningCase({ ...SMALL, T, H: 12, ...taus }),
      isOnRequest: isSoftware && T > MAX_ON_SOFTWARE,
    })),
  );

/** One case at any size; `dims` holds B, T, H, D, block, tauMin and tauMax. */
export function pruningCase(dims: Dims): BenchCase {
  const { batch, seqLen, numHeads, headDim } = readSizes(dims);
  const passFlops = forwardFlops({ batch, numHeads, headDim, queryLen: seqLen, keyLen: seqLen });
  return {
    suite: 'pruning',
    op: 'prune-blocks',
    mode: 'search',
    dims,
    checkDims: { ...dims, ...SMALL },
    countFlops: passFlops,
    inputs: `q, k ~ N(0, 1), each row RMS-normed, weights 1; log f = −U(0.5, 1.5)/τ, τ from tauMin (first head) to tauMax (last), evenly in log τ; log ε = ${DEFAULT_LOG_PRUNING_TOLERANCE}. Kept blocks: as the attention kernel reports them. droppedMass: the largest share that a row loses, in f64, over every droppedMassEvery-th row of each head, the last row included`,
    variants: (['paper', 'certified'] as const).map((rule) => ({
      name: rule,
      build: (device, of) => workload(device, of, rule),
    })),
  };
}

function workload(device: Device, dims: Dims, rule: Rule): Workload {
  const sizes = readSizes(dims);
  const taus = { tauMin: dim(dims, 'tauMin'), tauMax: dim(dims, 'tauMax') };
  const host = hostPruningInputs(sizes, taus);
  const { q, k, logFgate } = host;
  const inputs = uploadInputs(device, sizes, { q, k, logFgate });
  const ones = device.tensor(new Float32Array(sizes.headDim).fill(1), [sizes.headDim]);
  const qkNorm = { ...sizes, smScale: 1 / Math.sqrt(sizes.headDim) };
  const choose = () =>
    prune(inputs, sizes, rule, () => logitUpperBoundFromQkNorm(ones, ones, qkNorm));
  return {
    run() {
      const { ranges, stopRule } = choose();
      if (stopRule) return { blockBounds: stopRule.blockBounds };
      const { startIndex, endIndex } = ranges as NonNullable<typeof ranges>;
      return { startIndex, endIndex };
    },
    expected: () => reference(host, sizes, rule),
    async counts() {
      // What v holds changes no count.
      const kept = await readKept({ ...inputs, v: inputs.k }, sizes, choose);
      return countWork(kept, host, sizes);
    },
    dispose: () => disposeAll([inputs, ones]),
  };
}

function reference(host: HostPruningInputs, sizes: Sizes, rule: Rule): Expectations {
  if (rule === 'certified') {
    const dims = { ...referenceDims(sizes), blockN: sizes.blocks.blockN };
    return { blockBounds: { values: referenceBlockBounds(host, dims), bound: EDGE_BOUND } };
  }
  // U = √D for rows of length √D.
  const bound = Math.log(sizes.seqLen) + 2 * Math.sqrt(sizes.headDim);
  return expectRanges(host.logLambda, DEFAULT_LOG_PRUNING_TOLERANCE - bound, sizes);
}

/** What a rule kept, and what its rows truly lost, in f64. @throws Error where a row lost more than ε: such counts are worth nothing. */
function countWork(
  { keptBlocks, causalBlocks, firstKeys }: Awaited<ReturnType<typeof readKept>>,
  host: HostPruningInputs,
  sizes: Sizes,
): Counts {
  const { headDim, seqLen, blocks } = sizes;
  // Odd, so that the rows fall on all places of a block.
  const every = 2 * Math.floor(seqLen / 256) + 1;
  const droppedMass = referenceLargestDroppedMass(
    { ...host, smScale: 1 / Math.sqrt(headDim) },
    firstKeys,
    { ...referenceDims(sizes), blocks: { blockM: 1, blockN: blocks.blockN } },
    every,
  );
  invariant(
    droppedMass <= Math.exp(DEFAULT_LOG_PRUNING_TOLERANCE),
    `pruning: a row lost ${droppedMass} of its weight, more than ε.`,
  );
  const cost = blockCost({ headDim, blocks });
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
