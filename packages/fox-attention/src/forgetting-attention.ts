// Forgetting attention as a differentiable op: softmax attention whose logits decay by the sum of the log gates in between.

import { type Device, defineOp, type Tensor } from '@vulpes/tensor-core';
import { type BlockRanges, cumulativeLogGate, reverseCumsum } from '@vulpes/wgsl-kernels';
import { checkArguments } from './check.ts';
import type { AttentionDims, AttentionFlags } from './dims.ts';
import {
  backwardKeyKernel,
  backwardPrepare,
  backwardQueryKernel,
  clearFirstGates,
} from './kernels/backward.kernel.ts';
import { forwardKernel } from './kernels/forward.kernel.ts';

export interface ForgettingAttentionOptions {
  /** Factor on q·k. Default 1/sqrt(D). */
  smScale?: number | undefined;
  /** i32 [B], left padding: keys before it are not attended to, rows before it give 0. */
  seqStart?: Tensor | undefined;
  /** i32 [B, H, N, 2], `cumulativeLogGate(logFgate, { seqStart })`, for callers that have it. */
  logLambda?: Tensor | undefined;
  /** Blocks to keep, for instance from `findBlockRanges`. Default: all. */
  ranges?: BlockRanges | undefined;
}

/** Optional tensors by name; null where the call has none. */
interface Extras {
  readonly logLambda: Tensor | null;
  readonly seqStart: Tensor | null;
  readonly startIndex: Tensor | null;
  readonly endIndex: Tensor | null;
}

interface Attrs {
  readonly dims: AttentionDims & AttentionFlags;
  readonly smScale: number;
  readonly blocks: BlockRanges['blocks'];
  readonly extras: Extras;
}

const NO_BLOCKS = { blockM: 8, blockN: 8 };
const EXTRA_NAMES = ['logLambda', 'seqStart', 'startIndex', 'endIndex'] as const;

const attentionOp = defineOp<Attrs>({
  name: 'forgetting-attention',
  forward({ device, inputs, attrs, needsGrad }) {
    const [q, k, v] = inputs as [Tensor, Tensor, Tensor];
    const { dims, extras } = attrs;
    const out = device.empty(q.shape, { label: 'attention' });
    const lse = device.empty([dims.batch, dims.numHeads, dims.queryLen], { label: 'lse' });
    const tensors = { q, k, v, ...bound(extras, q), out, lse };
    const params = { ...sizes(dims), block_m: attrs.blocks.blockM, sm_scale: attrs.smScale };
    forwardKernel(device.caps).run(device, { dims, tensors, params });
    const present = EXTRA_NAMES.map((name) => extras[name]).filter((tensor) => tensor !== null);
    return { outputs: [out], saved: needsGrad ? [q, k, v, out, lse, ...present] : [] };
  },
  backward({ device, dOutputs, saved, attrs, needs }) {
    const [q, k, v, out, lse, ...present] = saved as [Tensor, Tensor, Tensor, Tensor, Tensor];
    const extras = restoreExtras(attrs.extras, present);
    const dout = dOutputs[0] as Tensor;
    const stats = prepare(device, attrs, extras, { out, dout, lse });
    const inputs = { q, k, v, dout, stats };
    const dq = needs[0] ? queryGradient(device, attrs, inputs) : null;
    const [dk, dv, dLogLambda] = needs.slice(1).some(Boolean)
      ? keyGradients(device, attrs, inputs)
      : [null, null, null];
    const dLogFgate = dLogLambda && needs[3] ? gateGradient(attrs, extras, dLogLambda) : null;
    return [dq, dk, dv, ...(attrs.dims.hasGate ? [dLogFgate] : [])];
  },
});

interface BackwardInputs {
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
  readonly dout: Tensor;
  readonly stats: Tensor;
}

const sizes = ({ numHeads, queryLen, keyLen }: AttentionDims) => ({
  num_heads: numHeads,
  query_len: queryLen,
  key_len: keyLen,
});

/** Kernels compiled without an optional input still bind something there: any tensor, it is not read. */
function bound({ logLambda, startIndex, seqStart }: Extras, unread: Tensor) {
  return {
    log_lambda: logLambda ?? unread,
    start_index: startIndex ?? unread,
    seq_start: seqStart ?? unread,
  };
}

/** The tape's own handles of the optional tensors, by name again. */
function restoreExtras(extras: Extras, present: readonly Tensor[]): Extras {
  const rest = [...present];
  const take = (name: keyof Extras) => (extras[name] ? (rest.shift() as Tensor) : null);
  return Object.fromEntries(EXTRA_NAMES.map((name) => [name, take(name)])) as unknown as Extras;
}

/** i32 [B · H · (M + N), 4]: see backward-prepare.wgsl. */
function prepare(
  device: Device,
  { dims, blocks }: Attrs,
  extras: Extras,
  rows: { out: Tensor; dout: Tensor; lse: Tensor },
): Tensor {
  const { batch, numHeads, queryLen, keyLen } = dims;
  const entries = batch * numHeads * (queryLen + keyLen);
  const stats = device.empty([entries, 4], { dtype: 'i32', label: 'attention stats' });
  const end_index = extras.endIndex ?? rows.out;
  backwardPrepare.run(device, {
    dims,
    tensors: { ...rows, ...bound(extras, rows.out), end_index, stats },
    params: { ...sizes(dims), batch, block_m: blocks.blockM, block_n: blocks.blockN },
  });
  return stats;
}

function queryGradient(device: Device, { dims, smScale }: Attrs, inputs: BackwardInputs): Tensor {
  const dq = device.empty(inputs.q.shape, { label: 'dq' });
  const params = { ...sizes(dims), sm_scale: smScale };
  backwardQueryKernel(device.caps).run(device, { dims, tensors: { ...inputs, dq }, params });
  return dq;
}

function keyGradients(
  device: Device,
  { dims, smScale }: Attrs,
  inputs: BackwardInputs,
): [Tensor, Tensor, Tensor] {
  const dk = device.empty(inputs.k.shape, { label: 'dk' });
  const dv = device.empty(inputs.v.shape, { label: 'dv' });
  const dlog_lambda = device.empty([dims.batch, dims.numHeads, dims.keyLen], {
    label: 'dlogLambda',
  });
  backwardKeyKernel(device.caps).run(device, {
    dims,
    tensors: { ...inputs, dk, dv, dlog_lambda },
    params: { ...sizes(dims), sm_scale: smScale },
  });
  return [dk, dv, dlog_lambda];
}

/**
 * From the key side alone: the query side of each gate is a row sum Σ_j dS_ij, which is zero,
 * as forward and backward keep the same pairs and a softmax does not change with a shift of its row.
 */
function gateGradient({ dims }: Attrs, { seqStart }: Extras, dLogLambda: Tensor): Tensor {
  const { batch, numHeads, keyLen } = dims;
  const dlog_fgate = reverseCumsum(dLogLambda);
  clearFirstGates.run(dLogLambda.device, {
    dims,
    tensors: { dlog_fgate, seq_start: seqStart ?? dLogLambda },
    params: { batch, num_heads: numHeads, key_len: keyLen },
  });
  return dlog_fgate;
}

/**
 * o_i = Σ_j softmax_j(smScale q_i·k_j + Σ_{l=j+1..i} log f_l) v_j over the keys j that row i keeps: causal, not padded,
 * not in a dropped block. Rows that keep no key give 0. [FoX v2, forgetting attention]
 * @param q - [B, M, H, D], f32, D in 16, 32, 64, 128; query i stands at key position N − M + i
 * @param k - [B, N, H, D], f32, M ≤ N
 * @param v - [B, N, H, D], f32
 * @param logFgate - [B, N, H], f32, natural log, ≤ 0; null for plain causal attention
 * @returns [B, M, H, D]; memory beside it is O(M + N) a head
 * @throws ShapeError DTypeError ArgumentError
 */
export function forgettingAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  logFgate: Tensor | null,
  options: ForgettingAttentionOptions = {},
): Tensor {
  const { seqStart, ranges } = options;
  const dims = checkArguments({ q, k, v, logFgate, ...options });
  const inputs = logFgate ? [q, k, v, logFgate] : [q, k, v];
  const flags = { hasGate: !!logFgate, hasPadding: !!seqStart, hasRanges: !!ranges };
  return q.device.scope(() => {
    const logLambda =
      options.logLambda ?? (logFgate && cumulativeLogGate(logFgate, { seqStart })) ?? null;
    const extras = {
      logLambda,
      seqStart: seqStart ?? null,
      startIndex: ranges?.startIndex ?? null,
      endIndex: ranges?.endIndex ?? null,
    };
    const smScale = options.smScale ?? 1 / Math.sqrt(dims.headDim);
    const blocks = ranges?.blocks ?? NO_BLOCKS;
    return attentionOp(inputs, {
      dims: { ...dims, ...flags },
      smScale,
      blocks,
      extras,
    })[0] as Tensor;
  });
}
