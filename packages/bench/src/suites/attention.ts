// Forgetting attention at growing lengths: dense, pruned by the paper's rule, pruned by the certified rule. The same numbers in, outputs equal to within ε.

import {
  blockCost,
  DEFAULT_LOG_PRUNING_TOLERANCE,
  logitUpperBoundFromNorms,
} from '@vulpes/acp-scheduler';
import { forgettingAttention, forwardFlops, selectBlocks } from '@vulpes/fox-attention';
import {
  type Device,
  type DeviceCaps,
  disposeAll,
  stopGradient,
  type Tensor,
  vjp,
} from '@vulpes/tensor-core';
import type { BenchCase, Counts, Expectations, Workload } from '../case.ts';
import { type AttentionMode, reference, sampledReference } from './attention/expected.ts';
import {
  type HostInputs,
  hostInputs,
  readSizes,
  type Sizes,
  uploadInputs,
  withShapes,
} from './attention/inputs.ts';
import { REMEMBERING_BIAS } from './gate-biases.ts';
import { prune, RULES, type Rule, readKept } from './pruning-rules.ts';

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
const MAX_BOTH_ON_SOFTWARE = 512;

export const attentionSuite = (caps: DeviceCaps): BenchCase[] =>
  (['forward', 'forward+backward'] as const).flatMap((mode) =>
    (caps.isSoftware ? SOFTWARE : HARDWARE).flatMap(({ lengths, headDim, numHeads }) =>
      lengths
        .filter((T) => mode === 'forward' || !caps.isSoftware || T <= MAX_BOTH_ON_SOFTWARE)
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
  let sample: Expectations | undefined;
  return {
    suite: 'attention',
    op: 'forgetting-attention',
    mode,
    dims,
    checkDims: { ...dims, T: Math.min(T, 320), H: 3 },
    flops: mode === 'forward' ? all : BOTH_OVER_FORWARD * all,
    inputs: `q, k, v, dOut ~ N(0, 1); of every three heads two forget (log f = logsigmoid(N(0, 1))) and one remembers (logsigmoid(N(${REMEMBERING_BIAS}, 1))); log ε = ${DEFAULT_LOG_PRUNING_TOLERANCE}; threshold from norms and search, or the certified rule, are timed with their variant`,
    variants: RULES.map((rule) => ({
      name: rule,
      build(device, dims) {
        const sizes = readSizes(dims);
        const host = hostInputs(sizes);
        return {
          ...workload(device, sizes, { host, rule, mode }),
          // The variants have the same inputs: their sample takes seconds at 64k tokens, and is made once.
          sample: () => (sample ??= sampledReference(sizes, host, mode)),
        };
      },
    })),
  };
}

interface Attended {
  readonly host: HostInputs;
  readonly rule: Rule;
  readonly mode: AttentionMode;
}

function workload(device: Device, sizes: Sizes, { host, rule, mode }: Attended): Workload {
  const { q, k, v, logFgate } = host;
  const { dOut, ...inputs } = uploadInputs(device, sizes, host);
  const choose = () => pruneByNorms(inputs, sizes, rule);
  const forward = ({ q, k, v, logFgate }: typeof inputs): Tensor =>
    forgettingAttention(q, k, v, logFgate, choose());
  const both = () => {
    using run = vjp(device, forward, inputs);
    const { q: dq, k: dk, v: dv, logFgate: dLogFgate } = run.pullback(dOut);
    return { out: run.output, dq, dk, dv, dLogFgate };
  };
  return {
    run: () => (mode === 'forward' ? { out: forward(inputs) } : device.scope(both)),
    expected: () => reference(sizes, host, mode),
    baseline: {
      kind: 'attention',
      inputs: withShapes<string>(sizes, mode === 'forward' ? { q, k, v, logFgate } : host),
    },
    async counts() {
      const { keptBlocks, causalBlocks } = await readKept(inputs, sizes, choose);
      return { ...costsOf(keptBlocks, sizes, mode), keptBlocks, causalBlocks };
    },
    dispose: () => disposeAll([inputs, dOut]),
  };
}

function pruneByNorms(inputs: Record<'q' | 'k' | 'logFgate', Tensor>, sizes: Sizes, rule: Rule) {
  const [q, k] = [stopGradient(inputs.q), stopGradient(inputs.k)];
  const smScale = 1 / Math.sqrt(sizes.headDim);
  return prune({ k, logFgate: stopGradient(inputs.logFgate) }, sizes, rule, () =>
    logitUpperBoundFromNorms(q, k, { smScale }),
  );
}

function costsOf(
  keptBlocks: number,
  { headDim, blocks }: Sizes,
  mode: AttentionMode,
): Pick<Counts, 'flops' | 'bytes'> {
  const cost = blockCost({ headDim, blocks });
  const isBoth = mode === 'forward+backward';
  return {
    flops: keptBlocks * (cost.forwardFlops + (isBoth ? cost.backwardFlops : 0)),
    bytes: keptBlocks * (cost.forwardBytes + (isBoth ? cost.backwardBytes : 0)),
  };
}
