// Forgetting attention as a differentiable op: records the forward kernel, and the backward kernels when the tape runs back.

import {
  type Device,
  defineOp,
  type ForwardContext,
  invariant,
  shareBuffer,
  type Tensor,
} from '@vulpes/tensor-core';
import type { BlockRanges, BlockSizes, StopRule } from '@vulpes/wgsl-kernels';
import { gateGradient, keyGradients, prepare, queryGradient } from './backward.ts';
import type { AttentionDims, AttentionDType, AttentionFlags } from './dims.ts';
import { keptBlocks } from './kept-blocks.ts';
import { attentionForward } from './kernels/forward.kernel.ts';

export interface AttentionInputs {
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
  readonly logFgate: Tensor | null;
  readonly dims: AttentionDims;
  readonly smScale: number;
  readonly visibility: Tensor | null;
  /** Given if and only if logFgate is. */
  readonly logLambda: Tensor | null;
  readonly ranges: BlockRanges | null;
  readonly stopRule: StopRule | null;
  /** f32 [B, H] */
  readonly logitBound: Tensor | null;
}

/** What the op takes; null where the call has none. */
interface OpInputs
  extends Pick<
    AttentionInputs,
    'q' | 'k' | 'v' | 'logFgate' | 'logLambda' | 'visibility' | 'logitBound'
  > {
  /** Start index or blockBounds. */
  readonly limits: Tensor | null;
  readonly endIndex: Tensor | null;
}

interface Attrs {
  readonly dims: AttentionDims & AttentionFlags;
  readonly smScale: number;
  readonly blocks: BlockSizes;
  readonly logPruningTolerance: number;
}

const NO_BLOCKS = { blockM: 8, blockN: 8 };

const attentionOp = defineOp({
  name: 'forgetting-attention',
  constants: ['logLambda', 'visibility', 'logitBound', 'limits', 'endIndex'],
  forward({ device, inputs, attrs }: ForwardContext<OpInputs, Attrs>) {
    const { logLambda, visibility, logitBound, endIndex } = inputs;
    const [q, k, v] = apart(device, [inputs.q, inputs.k, inputs.v]);
    const output = runForward(device, attrs, { ...inputs, q, k, v });
    return { output, saved: { q, k, v, logLambda, visibility, logitBound, endIndex, ...output } };
  },
  backward({ device, dOutput: { out: given }, saved, attrs, needs }) {
    // Row stats are integers: out alone has a gradient.
    invariant(given, 'attention: no gradient of out');
    const { visibility, logitBound, rowStats } = saved;
    const [q, k, v, dout] = apart(device, [saved.q, saved.k, saved.v, given]);
    // The last row that kept each key block: where dK and dV may end.
    const endIndex =
      attrs.dims.hasStopRule && !saved.endIndex
        ? keptBlocks({ rowStats, visibility }, attrs.dims, attrs.blocks).endIndex
        : saved.endIndex;
    const stats = prepare(device, attrs, { ...saved, dout, endIndex });
    const inputs = { q, k, v, dout, stats, logitBound };
    const { dk, dv, dLogLambda } =
      needs.k || needs.v || needs.logFgate ? keyGradients(device, attrs, inputs) : NO_KEY_GRADIENTS;
    const dq = needs.q ? queryGradient(device, attrs, inputs, dLogLambda) : null;
    return {
      q: dq,
      k: dk,
      v: dv,
      logFgate: dLogLambda && needs.logFgate ? gateGradient(attrs, visibility, dLogLambda) : null,
    };
  },
});

const NO_KEY_GRADIENTS = { dk: null, dv: null, dLogLambda: null };

/**
 * The same tensors, with a copy for one that shares a buffer with another before it: kernels on subgroup matrices bind what they read
 * for writing, and WebGPU forbids such a buffer twice in a launch.
 */
function apart<T extends readonly Tensor[]>(device: Device, tensors: T): T {
  return tensors.map((tensor, index) => {
    const isShared = tensors.slice(0, index).some((other) => shareBuffer(tensor, other));
    if (tensor.dtype !== 'f16' || !isShared) return tensor;
    const copy = device.empty(tensor.shape, { dtype: tensor.dtype, label: tensor.label });
    device.copy(tensor, copy);
    return copy;
  }) as unknown as T;
}

function runForward(
  device: Device,
  { dims, blocks, smScale, logPruningTolerance }: Attrs,
  { q, k, v, logLambda, limits, visibility, logitBound }: OpInputs,
): { out: Tensor; rowStats: Tensor } {
  const { batch, numHeads, queryLen } = dims;
  const out = device.empty(q.shape, { dtype: dims.dtype, label: 'attention' });
  const statsShape = [batch, numHeads, queryLen, 2];
  const rowStats = device.empty(statsShape, { dtype: 'i32', label: 'row stats' });
  const launch = { ...dims, ...blocks, smScale, logTolerance: logPruningTolerance };
  const tensors = {
    ...{ q, k, v, log_lambda: logLambda, limits, visibility, logit_bound: logitBound },
    ...{ out, row_stats: rowStats },
  };
  for (const kernel of attentionForward.choose(device.caps, launch).selectKernels(launch)) {
    kernel.run(device, { dims: launch, tensors });
  }
  return { out, rowStats };
}

/** Records attention over checked inputs. */
export function attend(inputs: AttentionInputs): { out: Tensor; rowStats: Tensor } {
  const { q, k, v, logFgate, dims, smScale, visibility, logLambda, ranges, stopRule, logitBound } =
    inputs;
  const flags = {
    dtype: q.dtype as AttentionDType,
    hasLogitBound: !!logitBound,
    hasGate: !!logFgate,
    hasRanges: !!ranges,
    hasStopRule: !!stopRule,
  };
  return attentionOp(
    {
      ...{ q, k, v, logFgate, logLambda, visibility, logitBound },
      limits: ranges?.startIndex ?? stopRule?.blockBounds ?? null,
      endIndex: ranges?.endIndex ?? null,
    },
    {
      dims: { ...dims, ...flags },
      smScale,
      blocks: (ranges ?? stopRule)?.blocks ?? NO_BLOCKS,
      logPruningTolerance: stopRule?.logPruningTolerance ?? 0,
    },
  );
}
