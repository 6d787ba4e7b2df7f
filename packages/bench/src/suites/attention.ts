// Forgetting attention, dense and pruned: the same numbers in, the same gates, outputs equal to within ε.

import {
  adaptiveThreshold,
  blockCost,
  DEFAULT_LOG_PRUNING_TOLERANCE,
  findBlockRanges,
  logitUpperBoundFromNorms,
  pruningCounts,
} from '@vulpes/acp-scheduler';
import {
  forgettingAttention,
  naiveForgettingAttention,
  naiveForgettingAttentionBackward,
  selectBlocks,
} from '@vulpes/fox-attention';
import type { Device, DeviceCaps, Tensor } from '@vulpes/tensor-core';
import { type BlockRanges, type BlockSizes, cumulativeLogGate } from '@vulpes/wgsl-kernels';
import type { BenchCase, Counts, Dims, Expectations, Mode, Variant, Workload } from '../case.ts';
import { forwardBackward } from '../gradients.ts';
import { normals } from './random.ts';

type Variants = 'dense' | 'pruned';
type AttentionMode = Extract<Mode, 'forward' | 'forward+backward'>;

/** The pruned variant is held to the dense twin: ε = e^−10 bounds the mass it drops, the true loss is far below f32 rounding. */
const FORWARD_BOUND = 1e-5;
const GRADIENT_BOUND = 1e-4;

export function attentionSuite(caps: DeviceCaps): BenchCase[] {
  const sizes = caps.isSoftware ? { B: 1, T: 1024, H: 3, D: 64 } : { B: 1, T: 8192, H: 12, D: 64 };
  const dims = { ...sizes, block: selectBlocks({ keyLen: sizes.T }, caps).blockM };
  return (['forward', 'forward+backward'] as const).map((mode) => ({
    suite: 'attention',
    op: 'forgetting-attention',
    mode,
    dims,
    gateDims: { ...dims, T: 320, H: 3 },
    inputs:
      'q, k, v, dOut ~ N(0, 1); of every three heads two forget (log f = logsigmoid(N(0, 1))) and one remembers (logsigmoid(N(6, 1))); threshold from norms, log ε = −10, and the search are timed with the pruned variant',
    variants: [variant('dense', mode), variant('pruned', mode)],
  }));
}

const variant = (name: Variants, mode: AttentionMode): Variant => ({
  name,
  build: (device, dims) => workload(device, sizesOf(dims), name, mode),
});

interface Sizes {
  readonly batch: number;
  readonly seqLen: number;
  readonly numHeads: number;
  readonly headDim: number;
  readonly blocks: BlockSizes;
}

const sizesOf = ({ B = 1, T = 1, H = 1, D = 16, block = 32 }: Dims): Sizes => ({
  batch: B,
  seqLen: T,
  numHeads: H,
  headDim: D,
  blocks: { blockM: block, blockN: block },
});

function workload(device: Device, sizes: Sizes, name: Variants, mode: AttentionMode): Workload {
  const host = hostInputs(sizes);
  const { batch, seqLen, numHeads, headDim } = sizes;
  const shape = [batch, seqLen, numHeads, headDim];
  const upload = (data: Float32Array, of: readonly number[]) => device.tensor(data, of);
  const inputs = {
    q: upload(host.q, shape),
    k: upload(host.k, shape),
    v: upload(host.v, shape),
    logFgate: upload(host.logFgate, [batch, seqLen, numHeads]),
  };
  const dOut = upload(host.dOut, shape);
  const forward = ({ q, k, v, logFgate }: Readonly<Record<string, Tensor>>): Tensor => {
    const attend = [q, k, v, logFgate] as [Tensor, Tensor, Tensor, Tensor];
    if (name === 'dense') return forgettingAttention(...attend);
    return forgettingAttention(...attend, prune(inputs, sizes));
  };
  return {
    run: () =>
      mode === 'forward'
        ? { out: forward(inputs) }
        : forwardBackward(device, inputs, dOut, forward),
    expected: () => twin(sizes, host, mode),
    async counts() {
      const ranges = device.scope(() => prune(inputs, sizes).ranges);
      const counts = await countedBlocks(ranges, seqLen);
      return costOf(sizes, name === 'dense' ? { ...counts, kept: counts.causal } : counts, mode);
    },
    dispose() {
      for (const tensor of [...Object.values(inputs), dOut]) tensor.dispose();
    },
  };
}

/** Threshold and search, as a model's layer runs them. */
function prune(
  { q, k, logFgate }: { q: Tensor; k: Tensor; logFgate: Tensor },
  { seqLen, headDim, blocks }: Sizes,
): { logLambda: Tensor; ranges: BlockRanges } {
  const logLambda = cumulativeLogGate(logFgate);
  const threshold = adaptiveThreshold({
    logitUpperBound: logitUpperBoundFromNorms(q, k, { smScale: 1 / Math.sqrt(headDim) }),
    seqLen,
    logPruningTolerance: DEFAULT_LOG_PRUNING_TOLERANCE,
  });
  return { logLambda, ranges: findBlockRanges(logLambda, threshold, { queryLen: seqLen, blocks }) };
}

async function countedBlocks(
  ranges: BlockRanges,
  seqLen: number,
): Promise<{ kept: number; causal: number }> {
  const counts = pruningCounts(ranges, { queryLen: seqLen, keyLen: seqLen });
  const numbers = await counts.data();
  for (const tensor of [counts, ranges.startIndex, ranges.endIndex]) tensor.dispose();
  let [kept, causal] = [0, 0];
  numbers.forEach((count, index) => {
    if (index % 2 === 0) kept += count;
    else causal += count;
  });
  return { kept, causal };
}

function costOf(
  { headDim, blocks }: Sizes,
  { kept, causal }: { kept: number; causal: number },
  mode: AttentionMode,
): Counts {
  const cost = blockCost({ headDim, blocks });
  const isBoth = mode === 'forward+backward';
  return {
    flops: kept * (cost.forwardFlops + (isBoth ? cost.backwardFlops : 0)),
    bytes: kept * (cost.forwardBytes + (isBoth ? cost.backwardBytes : 0)),
    keptBlocks: kept,
    causalBlocks: causal,
  };
}

interface HostInputs {
  readonly q: Float32Array;
  readonly k: Float32Array;
  readonly v: Float32Array;
  readonly dOut: Float32Array;
  readonly logFgate: Float32Array;
}

function hostInputs({ batch, seqLen, numHeads, headDim }: Sizes): HostInputs {
  const size = batch * seqLen * numHeads * headDim;
  const logits = normals(5, batch * seqLen * numHeads);
  const logFgate = logits.map((logit, index) => {
    const mean = (index % numHeads) % 3 === 2 ? 6 : 0;
    return -Math.log1p(Math.exp(-(mean + logit)));
  });
  const [q, k, v, dOut] = [1, 2, 3, 4].map((seed) => normals(seed, size)) as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  return { q, k, v, dOut, logFgate };
}

function twin(
  { seqLen, batch, numHeads, headDim }: Sizes,
  host: HostInputs,
  mode: AttentionMode,
): Expectations {
  const dims = { batch, numHeads, headDim, queryLen: seqLen, keyLen: seqLen };
  const out = { values: naiveForgettingAttention(dims, host).out, bound: FORWARD_BOUND };
  if (mode === 'forward') return { out };
  const gradients = naiveForgettingAttentionBackward(dims, host, host.dOut);
  const named = Object.entries(gradients as object as Record<string, Float64Array>);
  return {
    out,
    ...Object.fromEntries(named.map(([name, values]) => [name, { values, bound: GRADIENT_BOUND }])),
  };
}
