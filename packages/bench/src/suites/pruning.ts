// What each pruning rule keeps on heads that forget at known speeds: counts of blocks and the true dropped mass. Only the deciding is timed.

import { DEFAULT_LOG_PRUNING_TOLERANCE } from '@vulpes/acp-scheduler';
import { forwardFlops } from '@vulpes/fox-attention';
import type { Device, DeviceCaps } from '@vulpes/tensor-core';
import type { BenchCase, Dims, Workload } from '../case.ts';
import { countWork } from './pruning/count-kept.ts';
import { hostPruningInputs, readPruningSizes, uploadPruningInputs } from './pruning/inputs.ts';
import {
  computeRanges,
  createStopRule,
  type PruningRule,
  referencePruning,
} from './pruning/rules.ts';

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
  const { batch, seqLen, numHeads, headDim } = readPruningSizes(dims);
  const passFlops = forwardFlops({ batch, numHeads, headDim, queryLen: seqLen, keyLen: seqLen });
  return {
    suite: 'pruning',
    op: 'prune-blocks',
    mode: 'search',
    dims,
    checkDims: { ...dims, ...SMALL },
    countFlops: passFlops,
    inputs: `q, k ~ N(0, 1), each row RMS-normed, weights 1; log f = −U(0.5, 1.5)/τ, τ from tauMin (first head) to tauMax (last), evenly in log τ; log ε = ${DEFAULT_LOG_PRUNING_TOLERANCE}. Kept blocks: of the search, or as the attention kernel reports them. droppedMass: the largest share that a row loses, in f64, over every droppedMassEvery-th row of each head, the last row included`,
    variants: [
      { name: 'paper', build: (device, of) => workload(device, of, 'paper') },
      { name: 'certified', build: (device, of) => workload(device, of, 'certified') },
    ],
  };
}

function workload(device: Device, dims: Dims, rule: PruningRule): Workload {
  const sizes = readPruningSizes(dims);
  const host = hostPruningInputs(sizes);
  const inputs = uploadPruningInputs(device, host, sizes);
  return {
    run() {
      if (rule === 'certified') return { blockBounds: createStopRule(inputs, sizes).blockBounds };
      const { startIndex, endIndex } = computeRanges(inputs, sizes);
      return { startIndex, endIndex };
    },
    expected: () => referencePruning(host, sizes, rule),
    counts: () => countWork(inputs, host, sizes, rule),
    dispose() {
      for (const tensor of Object.values(inputs)) tensor.dispose();
    },
  };
}
