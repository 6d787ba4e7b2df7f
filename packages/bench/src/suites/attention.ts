// Forgetting attention at growing lengths: dense, pruned by the paper's rule, pruned by the certified rule. The same numbers in, outputs equal to within ε.

import {
  adaptiveThreshold,
  blockCost,
  certifiedStopRule,
  DEFAULT_LOG_PRUNING_TOLERANCE,
  findBlockRanges,
  logitUpperBoundFromNorms,
  pruningCounts,
} from '@vulpes/acp-scheduler';
import {
  type ForgettingAttentionOptions,
  forgettingAttention,
  forgettingAttentionWithStats,
  forwardFlops,
  selectBlocks,
} from '@vulpes/fox-attention';
import { type Device, type DeviceCaps, stopGradient, type Tensor } from '@vulpes/tensor-core';
import { cumulativeLogGate } from '@vulpes/wgsl-kernels';
import type { BenchCase, Counts, Expectations, Variant, Workload } from '../case.ts';
import {
  type AttentionMode,
  type HostInputs,
  hostInputs,
  readSizes,
  reference,
  type Sizes,
  sampledReference,
} from './attention/inputs.ts';
import { sumBlockCounts } from './block-counts.ts';
import { REMEMBERING_BIAS } from './gate-biases.ts';
import { forwardBackward } from './gradients.ts';

const VARIANTS = ['dense', 'paper', 'certified'] as const;
type Rule = (typeof VARIANTS)[number];

/** Matmuls of a block: two forward; seven more backward. */
const BOTH_OVER_FORWARD = 4.5;

interface Grid {
  readonly lengths: readonly number[];
  readonly headDim: number;
  readonly numHeads: number;
}

const K = 1024;
const LONG = [K, 2 * K, 4 * K, 8 * K, 16 * K, 32 * K, 64 * K];
/** As wide as the 125M model: 12 heads of 64, or 6 of 128. */
const HARDWARE: readonly Grid[] = [
  { lengths: LONG, headDim: 64, numHeads: 12 },
  { lengths: LONG, headDim: 128, numHeads: 6 },
];
const SOFTWARE: readonly Grid[] = [
  { lengths: [256, 512, K], headDim: 64, numHeads: 3 },
  { lengths: [256], headDim: 128, numHeads: 3 },
];
/** Gradients cost 3.5 times as much as the forward pass. */
const MAX_BOTH = { hardware: 64 * K, software: 512 };

export const attentionSuite = (caps: DeviceCaps): BenchCase[] =>
  (['forward', 'forward+backward'] as const).flatMap((mode) =>
    (caps.isSoftware ? SOFTWARE : HARDWARE).flatMap(({ lengths, headDim, numHeads }) =>
      lengths
        .filter(
          (T) => mode === 'forward' || T <= MAX_BOTH[caps.isSoftware ? 'software' : 'hardware'],
        )
        .map((T) => attentionCase(mode, { B: 1, T, H: numHeads, D: headDim }, caps)),
    ),
  );

function attentionCase(
  mode: AttentionMode,
  sizes: { B: number; T: number; H: number; D: number },
  caps: DeviceCaps,
): BenchCase {
  const { B: batch, T, H: numHeads, D: headDim } = sizes;
  const all = forwardFlops({ batch, numHeads, headDim, queryLen: T, keyLen: T });
  const dims = { ...sizes, block: selectBlocks({ keyLen: T }, caps).blockM };
  const sample = sharedSample(mode);
  return {
    suite: 'attention',
    op: 'forgetting-attention',
    mode,
    dims,
    checkDims: { ...dims, T: Math.min(T, 320), H: 3 },
    flops: mode === 'forward' ? all : BOTH_OVER_FORWARD * all,
    inputs: `q, k, v, dOut ~ N(0, 1); of every three heads two forget (log f = logsigmoid(N(0, 1))) and one remembers (logsigmoid(N(${REMEMBERING_BIAS}, 1))); log ε = ${DEFAULT_LOG_PRUNING_TOLERANCE}; threshold from norms and search, or the certified rule, are timed with their variant`,
    variants: VARIANTS.map((rule) => variant(rule, { mode, sample })),
  };
}

type SampleOf = (sizes: Sizes, host: HostInputs) => Expectations;

/** The variants of a case have the same inputs: their sample takes a second at 64k tokens, and is made once. */
function sharedSample(mode: AttentionMode): SampleOf {
  const known = new Map<string, Expectations>();
  return (sizes, host) => {
    const key = JSON.stringify(sizes);
    const sample = known.get(key) ?? sampledReference(sizes, host, mode);
    known.set(key, sample);
    return sample;
  };
}

interface Shared {
  readonly mode: AttentionMode;
  readonly sample: SampleOf;
}

const variant = (rule: Rule, shared: Shared): Variant => ({
  name: rule,
  build: (device, dims) => workload(device, readSizes(dims), rule, shared),
});

function workload(device: Device, sizes: Sizes, rule: Rule, { mode, sample }: Shared): Workload {
  const host = hostInputs(sizes);
  const { batch, seqLen, numHeads, headDim } = sizes;
  const shape = [batch, seqLen, numHeads, headDim];
  const inputs = {
    q: device.tensor(host.q, shape),
    k: device.tensor(host.k, shape),
    v: device.tensor(host.v, shape),
    logFgate: device.tensor(host.logFgate, [batch, seqLen, numHeads]),
  };
  const dOut = device.tensor(host.dOut, shape);
  const forward = ({ q, k, v, logFgate }: Readonly<Record<string, Tensor>>): Tensor => {
    const attend = [q, k, v, logFgate] as [Tensor, Tensor, Tensor, Tensor];
    return forgettingAttention(...attend, prune(inputs, sizes, rule));
  };
  return {
    run: () =>
      mode === 'forward'
        ? { out: forward(inputs) }
        : forwardBackward(device, inputs, dOut, forward),
    expected: () => reference(sizes, host, mode),
    sample: () => sample(sizes, host),
    counts: () => countWork(inputs, sizes, rule, mode),
    dispose() {
      for (const tensor of [...Object.values(inputs), dOut]) tensor.dispose();
    },
  };
}

interface Inputs {
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
  readonly logFgate: Tensor;
}

/** Threshold and search, or the stop rule, as a model's layer runs them. */
function prune(
  inputs: Inputs,
  { seqLen, headDim, blocks }: Sizes,
  rule: Rule,
): ForgettingAttentionOptions {
  if (rule === 'dense') return {};
  const logPruningTolerance = DEFAULT_LOG_PRUNING_TOLERANCE;
  const [q, k] = [stopGradient(inputs.q), stopGradient(inputs.k)];
  const logLambda = cumulativeLogGate(stopGradient(inputs.logFgate));
  if (rule === 'certified') {
    return {
      logLambda,
      stopRule: certifiedStopRule(k, logLambda, { logPruningTolerance, blocks }),
    };
  }
  const threshold = adaptiveThreshold({
    logitUpperBound: logitUpperBoundFromNorms(q, k, { smScale: 1 / Math.sqrt(headDim) }),
    seqLen,
    logPruningTolerance,
  });
  return { logLambda, ranges: findBlockRanges(logLambda, threshold, { queryLen: seqLen, blocks }) };
}

/** By the blocks that attention itself says it kept. */
async function countWork(
  inputs: Inputs,
  sizes: Sizes,
  rule: Rule,
  mode: AttentionMode,
): Promise<Counts> {
  const { q, k, v, logFgate } = inputs;
  const { seqLen, headDim, blocks } = sizes;
  const counts = q.device.scope(() => {
    const { kept } = forgettingAttentionWithStats(q, k, v, logFgate, prune(inputs, sizes, rule));
    return pruningCounts(kept, { queryLen: seqLen, keyLen: seqLen });
  });
  const { keptBlocks, causalBlocks } = await sumBlockCounts([counts]);
  const cost = blockCost({ headDim, blocks });
  const isBoth = mode === 'forward+backward';
  return {
    flops: keptBlocks * (cost.forwardFlops + (isBoth ? cost.backwardFlops : 0)),
    bytes: keptBlocks * (cost.forwardBytes + (isBoth ? cost.backwardBytes : 0)),
    keptBlocks,
    causalBlocks,
  };
}
