// Forgetting attention as a differentiable op: records the forward kernel, and the backward kernels when the tape walks back.

import { type Device, defineOp, type Tensor } from '@vulpes/tensor-core';
import type { BlockRanges, BlockSizes, StopRule } from '@vulpes/wgsl-kernels';
import {
  type BackwardInputs,
  gateGradient,
  keyGradients,
  prepare,
  queryGradient,
} from './backward.ts';
import { type AttentionDims, type AttentionFlags, keyHeads } from './dims.ts';
import { keptEnd, keptStart } from './kept-blocks.ts';
import { forwardKernel } from './kernels/forward.kernel.ts';

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
}

/** Optional tensors by name; null where the call has none. */
interface Extras {
  readonly logLambda: Tensor | null;
  readonly visibility: Tensor | null;
  readonly endIndex: Tensor | null;
}

interface Attrs {
  readonly dims: AttentionDims & AttentionFlags;
  readonly smScale: number;
  readonly blocks: BlockSizes;
  /** Start index or blockBounds. */
  readonly limits: Tensor | null;
  readonly logPruningTolerance: number;
  readonly extras: Extras;
}

const NO_BLOCKS = { blockM: 8, blockN: 8 };
const EXTRA_NAMES = ['logLambda', 'visibility', 'endIndex'] as const;

const attentionOp = defineOp<Attrs>({
  name: 'forgetting-attention',
  forward({ device, inputs, attrs, needsGrad }) {
    const [q, k, v] = inputs as [Tensor, Tensor, Tensor];
    const { extras } = attrs;
    const { out, rowStats } = runForward(device, attrs, { q, k, v });
    const present = EXTRA_NAMES.map((name) => extras[name]).filter((tensor) => tensor !== null);
    return {
      outputs: [out, rowStats],
      saved: needsGrad ? [q, k, v, out, rowStats, ...present] : [],
    };
  },
  backward({ device, dOutputs, saved, attrs, needs }) {
    const [q, k, v, out, rowStats, ...present] = saved as [Tensor, Tensor, Tensor, Tensor, Tensor];
    const { logLambda, visibility, endIndex } = restoreExtras(attrs.extras, present);
    const dout = dOutputs[0] as Tensor;
    const keptEnds = endIndex ?? (attrs.dims.hasStopRule ? keptEndOf(rowStats, attrs) : null);
    const rows = { out, dout, rowStats, logLambda, visibility, endIndex: keptEnds };
    const inputs = { q, k, v, dout, stats: prepare(device, attrs, rows) };
    const dq = needs[0] ? queryGradient(device, attrs, inputs) : null;
    const { dk, dv, dLogLambda } = needs.slice(1).some(Boolean)
      ? keyGradients(device, attrs, inputs)
      : NO_KEY_GRADIENTS;
    const dLogFgate = dLogLambda && needs[3] ? gateGradient(attrs, visibility, dLogLambda) : null;
    return [dq, dk, dv, ...(attrs.dims.hasGate ? [dLogFgate] : [])];
  },
});

const NO_KEY_GRADIENTS = { dk: null, dv: null, dLogLambda: null };

function runForward(
  device: Device,
  { dims, extras, limits, blocks, smScale, logPruningTolerance }: Attrs,
  { q, k, v }: Pick<BackwardInputs, 'q' | 'k' | 'v'>,
): { out: Tensor; rowStats: Tensor } {
  const { batch, numHeads, queryLen, keyLen } = dims;
  const out = device.empty(q.shape, { label: 'attention' });
  const statsShape = [batch, numHeads, queryLen, 2];
  const rowStats = device.empty(statsShape, { dtype: 'i32', label: 'row stats' });
  // Kernels compiled without an optional input still bind something there: any tensor, it is not read.
  const log_lambda = extras.logLambda ?? q;
  const tensors = { q, k, v, log_lambda, limits: limits ?? q, visibility: extras.visibility ?? q };
  forwardKernel(device.caps).run(device, {
    dims,
    tensors: { ...tensors, out, row_stats: rowStats },
    params: {
      num_heads: numHeads,
      num_kv_heads: keyHeads(dims),
      query_len: queryLen,
      key_len: keyLen,
      block_m: blocks.blockM,
      block_n: blocks.blockN,
      sm_scale: smScale,
      log_tolerance: logPruningTolerance,
    },
  });
  return { out, rowStats };
}

/** The last row that kept each key block: where dK and dV may end. */
const keptEndOf = (rowStats: Tensor, { dims, blocks }: Attrs): Tensor =>
  keptEnd(keptStart(rowStats, dims, blocks), dims);

/** The tape's own handles of the optional tensors, by name again. */
function restoreExtras(extras: Extras, present: readonly Tensor[]): Extras {
  const rest = [...present];
  const take = (name: keyof Extras) => (extras[name] ? (rest.shift() as Tensor) : null);
  return Object.fromEntries(EXTRA_NAMES.map((name) => [name, take(name)])) as unknown as Extras;
}

/** Records attention over checked inputs. */
export function attend(inputs: AttentionInputs): { out: Tensor; rowStats: Tensor } {
  const { q, k, v, logFgate, dims, smScale, visibility, logLambda, ranges, stopRule } = inputs;
  const flags = {
    hasGate: !!logFgate,
    hasVisibility: !!visibility,
    hasRanges: !!ranges,
    hasStopRule: !!stopRule,
  };
  const [out, rowStats] = attentionOp(logFgate ? [q, k, v, logFgate] : [q, k, v], {
    dims: { ...dims, ...flags },
    smScale,
    blocks: (ranges ?? stopRule)?.blocks ?? NO_BLOCKS,
    limits: ranges?.startIndex ?? stopRule?.blockBounds ?? null,
    logPruningTolerance: stopRule?.logPruningTolerance ?? 0,
    extras: { logLambda, visibility, endIndex: ranges?.endIndex ?? null },
  });
  return { out: out as Tensor, rowStats: rowStats as Tensor };
}
