// What each pruning rule keeps on heads that forget at known speeds: counts of blocks and the true dropped mass. Only the deciding is timed.

import {
  adaptiveThreshold,
  blockCost,
  certifiedStopRule,
  DEFAULT_LOG_PRUNING_TOLERANCE,
  findBlockRanges,
  logitUpperBoundFromQkNorm,
  naiveBlockRanges,
  naiveDroppedMass,
  naiveStopEdges,
  pruningCounts,
} from '@vulpes/acp-scheduler';
import { attendAndReport, forwardFlops } from '@vulpes/fox-attention';
import { CounterRng, type Device, type DeviceCaps, type Tensor } from '@vulpes/tensor-core';
import { type BlockRanges, cumulativeLogGate, type StopRule } from '@vulpes/wgsl-kernels';
import { sumBlockCounts } from '../block-counts.ts';
import type { BenchCase, Counts, Dims, Expectations, Workload } from '../case.ts';
import { normals } from './random.ts';

type Rule = 'paper' | 'certified';

/** Decay times of the first and the last head, in tokens; the others lie between, evenly in the logarithm. */
const TAUS = [
  { tauMin: 2, tauMax: 512 },
  { tauMin: 4, tauMax: 4096 },
] as const;
/** Shorter ones need no budget: what they cost is the pass of attention that counts. */
const SHORT = 2048;
const LONG = 16384;
const SMALL = { B: 1, T: 320, H: 3, D: 64, block: 64 } as const;
/** S is stored up to 1e-4 nats above its true value. */
const EDGE_BOUND = 1e-4;

export const pruningSuite = (_caps: DeviceCaps): BenchCase[] =>
  [SHORT, LONG].flatMap((T) => TAUS.map((taus) => pruningCase({ ...SMALL, T, H: 12, ...taus })));

/** One case at any size; `dims` holds B, T, H, D, block, tauMin and tauMax. */
export function pruningCase(dims: Dims): BenchCase {
  const { batch, seqLen, numHeads, headDim } = sizesOf(dims);
  const passFlops = forwardFlops({ batch, numHeads, headDim, queryLen: seqLen, keyLen: seqLen });
  return {
    suite: 'pruning',
    op: 'prune-blocks',
    mode: 'search',
    dims,
    gateDims: { ...dims, ...SMALL },
    flops: seqLen <= SHORT ? 0 : passFlops,
    inputs:
      'q, k ~ N(0, 1), each row RMS-normed, weights 1; log f = −U(0.5, 1.5)/τ, τ from tauMin (first head) to tauMax (last), evenly in log τ; log ε = −10. Kept blocks: of the search, or as the attention kernel reports them. droppedMass: the largest share that a row loses, in f64, over every droppedMassEvery-th row of each head, the last row included',
    variants: [
      { name: 'paper', build: (device, of) => workload(device, of, 'paper') },
      { name: 'certified', build: (device, of) => workload(device, of, 'certified') },
    ],
  };
}

/** Counts of one rule. */
export interface PruningWork extends Counts {
  /** The largest share of its attention weight that a looked-at row loses, in f64. */
  readonly droppedMass: number;
  /** Rows looked at: every so many-th. */
  readonly droppedMassEvery: number;
}

interface Sizes {
  readonly batch: number;
  readonly seqLen: number;
  readonly numHeads: number;
  readonly headDim: number;
  readonly block: number;
  readonly tauMin: number;
  readonly tauMax: number;
}

const sizesOf = ({
  B = 1,
  T = LONG,
  H = 12,
  D = 64,
  block = 64,
  tauMin = 2,
  tauMax = 512,
}: Dims): Sizes => ({
  batch: B,
  seqLen: T,
  numHeads: H,
  headDim: D,
  block,
  tauMin,
  tauMax,
});

interface Inputs {
  readonly q: Tensor;
  readonly k: Tensor;
  readonly logFgate: Tensor;
  /** [D], ones. */
  readonly qkWeight: Tensor;
}

function workload(device: Device, dims: Dims, rule: Rule): Workload {
  const sizes = sizesOf(dims);
  const { batch, seqLen, numHeads, headDim } = sizes;
  const host = hostInputs(sizes);
  const shape = [batch, seqLen, numHeads, headDim];
  const inputs: Inputs = {
    q: device.tensor(host.q, shape),
    k: device.tensor(host.k, shape),
    logFgate: device.tensor(host.logFgate, [batch, seqLen, numHeads]),
    qkWeight: device.tensor(new Float32Array(headDim).fill(1), [headDim]),
  };
  return {
    run() {
      if (rule === 'certified') return { edges: stopRuleOf(inputs, sizes).edges };
      const { startIndex, endIndex } = rangesOf(inputs, sizes);
      return { startIndex, endIndex };
    },
    expected: () => twin(host, sizes, rule),
    counts: (): Promise<PruningWork> => countWork(inputs, host, sizes, rule),
    dispose() {
      for (const tensor of Object.values(inputs)) tensor.dispose();
    },
  };
}

const blocksOf = ({ block }: Sizes) => ({ blockM: block, blockN: block });

function stopRuleOf({ k, logFgate }: Inputs, sizes: Sizes): StopRule {
  return certifiedStopRule(k, cumulativeLogGate(logFgate), {
    logPruningTolerance: DEFAULT_LOG_PRUNING_TOLERANCE,
    blocks: blocksOf(sizes),
  });
}

function rangesOf({ logFgate, qkWeight }: Inputs, sizes: Sizes): BlockRanges {
  const { seqLen, headDim } = sizes;
  const smScale = 1 / Math.sqrt(headDim);
  const threshold = adaptiveThreshold({
    logitUpperBound: logitUpperBoundFromQkNorm(qkWeight, qkWeight, { ...sizes, smScale }),
    seqLen,
    logPruningTolerance: DEFAULT_LOG_PRUNING_TOLERANCE,
  });
  const options = { queryLen: seqLen, blocks: blocksOf(sizes) };
  return findBlockRanges(cumulativeLogGate(logFgate), threshold, options);
}

/** @throws Error where a row lost more than ε: such counts are worth nothing. */
async function countWork(
  inputs: Inputs,
  host: HostInputs,
  sizes: Sizes,
  rule: Rule,
): Promise<PruningWork> {
  const { seqLen, headDim } = sizes;
  const made = inputs.q.device.scope(() => decide(inputs, sizes, rule));
  const starts = await readStarts(made);
  const { keptBlocks, causalBlocks } = await sumBlockCounts([made.counts]);
  const every = oddNear(seqLen / 128);
  const droppedMass = naiveDroppedMass(
    logitsOf(host, sizes),
    starts,
    { ...attentionDims(sizes), blocks: { blockM: made.rowsPerStart, blockN: sizes.block } },
    every,
  );
  if (!(droppedMass <= Math.exp(DEFAULT_LOG_PRUNING_TOLERANCE))) {
    throw new Error(`pruning (${rule}): a row lost ${droppedMass} of its weight, more than ε.`);
  }
  const cost = blockCost({ headDim, blocks: blocksOf(sizes) });
  return {
    flops: keptBlocks * cost.forwardFlops,
    bytes: keptBlocks * cost.forwardBytes,
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

function decide(inputs: Inputs, sizes: Sizes, rule: Rule): Decision {
  const { q, k, logFgate } = inputs;
  const lengths = { queryLen: sizes.seqLen, keyLen: sizes.seqLen };
  if (rule === 'paper') {
    const ranges = rangesOf(inputs, sizes);
    const counts = pruningCounts(ranges, lengths);
    return { counts, starts: ranges.startIndex, rowsPerStart: sizes.block };
  }
  const stopRule = stopRuleOf(inputs, sizes);
  // What v holds changes no count.
  const { kept, rowStats } = attendAndReport(q, k, k, logFgate, { stopRule });
  return { counts: pruningCounts(kept, lengths), starts: rowStats, rowsPerStart: 1 };
}

async function readStarts({ starts, rowsPerStart }: Decision): Promise<ArrayLike<number>> {
  const data = await starts.data();
  starts.dispose();
  return rowsPerStart === 1 ? data.filter((_, at) => at % 2 === 1) : data;
}

/** Odd, so that the rows fall on all places of a block. */
const oddNear = (value: number): number => 2 * Math.floor(value / 2) + 1;

const attentionDims = (sizes: Sizes) => ({
  ...sizes,
  numKvHeads: sizes.numHeads,
  queryLen: sizes.seqLen,
  keyLen: sizes.seqLen,
});

const logitsOf = ({ q, k, logLambda }: HostInputs, { headDim }: Sizes) => ({
  q,
  k,
  logLambda,
  smScale: 1 / Math.sqrt(headDim),
});

interface HostInputs {
  readonly q: Float32Array<ArrayBuffer>;
  readonly k: Float32Array<ArrayBuffer>;
  /** [B, T, H] */
  readonly logFgate: Float32Array<ArrayBuffer>;
  /** [B, H, T], f64 sums of the f32 gates. */
  readonly logLambda: Float64Array;
}

function hostInputs(sizes: Sizes): HostInputs {
  const { batch, seqLen, numHeads, headDim, tauMin, tauMax } = sizes;
  const logFgate = new Float32Array(batch * seqLen * numHeads);
  const logLambda = new Float64Array(batch * numHeads * seqLen);
  for (let head = 0; head < batch * numHeads; head++) {
    const rng = new CounterRng(7, head);
    const h = head % numHeads;
    const tau = tauMin * (tauMax / tauMin) ** (h / Math.max(1, numHeads - 1));
    let sum = 0;
    for (let t = 0; t < seqLen; t++) {
      const at = ((head - h) / numHeads) * seqLen * numHeads + t * numHeads + h;
      logFgate[at] = -(0.5 + rng.uniform()) / tau;
      logLambda[head * seqLen + t] = sum += logFgate[at]!;
    }
  }
  const size = batch * seqLen * numHeads * headDim;
  return { q: normedRows(1, size, headDim), k: normedRows(2, size, headDim), logFgate, logLambda };
}

/** Rows of length √D. */
function normedRows(seed: number, size: number, headDim: number): Float32Array<ArrayBuffer> {
  const rows = new Float32Array(normals(seed, size));
  for (let row = 0; row < size; row += headDim) {
    let sum = 0;
    for (let d = 0; d < headDim; d++) sum += rows[row + d]! ** 2;
    const factor = Math.sqrt(headDim / sum);
    for (let d = 0; d < headDim; d++) rows[row + d]! *= factor;
  }
  return rows;
}

function twin(host: HostInputs, sizes: Sizes, rule: Rule): Expectations {
  const dims = { ...attentionDims(sizes), blockN: sizes.block, blocks: blocksOf(sizes) };
  if (rule === 'certified')
    return { edges: { values: naiveStopEdges(host, dims), bound: EDGE_BOUND } };
  // U = √D for rows of length √D.
  const delta =
    -2 * Math.sqrt(sizes.headDim) - Math.log(sizes.seqLen) + DEFAULT_LOG_PRUNING_TOLERANCE;
  const threshold = new Float64Array(sizes.batch * sizes.numHeads).fill(delta);
  const { startIndex, endIndex } = naiveBlockRanges(host.logLambda, threshold, dims);
  return {
    startIndex: { values: startIndex, bound: 0 },
    endIndex: { values: endIndex, bound: 0 },
  };
}
