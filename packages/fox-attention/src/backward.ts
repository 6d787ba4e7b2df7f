// Launches of the backward kernels. They keep the pairs that the forward kept: each row's first kept key comes from its row stats.

import type { Device, Tensor } from '@vulpes/tensor-core';
import { type BlockSizes, reverseCumsum } from '@vulpes/wgsl-kernels';
import { type AttentionDims, type AttentionFlags, keyHeads } from './dims.ts';
import {
  backwardKeyKernel,
  backwardPrepare,
  backwardQueryKernel,
  zeroInactiveGateGrads,
} from './kernels/backward.kernel.ts';

interface Call {
  readonly dims: AttentionDims & AttentionFlags;
  readonly smScale: number;
  readonly blocks: BlockSizes;
}

export interface BackwardInputs {
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
  readonly dout: Tensor;
  /** From `prepare`. */
  readonly stats: Tensor;
}

const sizes = (dims: AttentionDims) => ({
  num_heads: dims.numHeads,
  query_len: dims.queryLen,
  key_len: dims.keyLen,
});

const kernelParams = ({ dims, smScale }: Call) => ({
  ...sizes(dims),
  num_kv_heads: keyHeads(dims),
  sm_scale: smScale,
});

/** i32 [B · H · (M + N), 4]: see backward-prepare.wgsl. */
export function prepare(
  device: Device,
  { dims, blocks }: Call,
  rows: {
    readonly out: Tensor;
    readonly dout: Tensor;
    readonly rowStats: Tensor;
    readonly logLambda: Tensor | null;
    readonly visibility: Tensor | null;
    readonly endIndex: Tensor | null;
  },
): Tensor {
  const { batch, numHeads, queryLen, keyLen } = dims;
  const { out, dout, rowStats, logLambda, visibility, endIndex } = rows;
  const entries = batch * numHeads * (queryLen + keyLen);
  const stats = device.empty([entries, 4], { dtype: 'i32', label: 'attention stats' });
  backwardPrepare.run(device, {
    dims: { ...dims, hasEnds: !!endIndex },
    tensors: {
      out,
      dout,
      row_stats: rowStats,
      log_lambda: logLambda ?? out,
      end_index: endIndex ?? out,
      visibility: visibility ?? out,
      stats,
    },
    params: { ...sizes(dims), batch, block_n: blocks.blockN },
  });
  return stats;
}

export function queryGradient(device: Device, call: Call, inputs: BackwardInputs): Tensor {
  const { dims } = call;
  const dq = device.empty(inputs.q.shape, { label: 'dq' });
  const params = kernelParams(call);
  backwardQueryKernel(device.caps).run(device, { dims, tensors: { ...inputs, dq }, params });
  return dq;
}

/** dk, dv [B, N, Hkv, D]; dLogLambda [B, H, N]. */
export function keyGradients(
  device: Device,
  call: Call,
  inputs: BackwardInputs,
): { dk: Tensor; dv: Tensor; dLogLambda: Tensor } {
  const { dims } = call;
  const dk = device.empty(inputs.k.shape, { label: 'dk' });
  const dv = device.empty(inputs.v.shape, { label: 'dv' });
  const gateShape = [dims.batch, dims.numHeads, dims.keyLen];
  const dLogLambda = device.empty(gateShape, { label: 'dlogLambda' });
  const tensors = { ...inputs, dk, dv, dlog_lambda: dLogLambda };
  backwardKeyKernel(device.caps).run(device, { dims, tensors, params: kernelParams(call) });
  return { dk, dv, dLogLambda };
}

/**
 * From the key side alone: the query side of each gate is a row sum Σ_j dS_ij, which is zero,
 * as forward and backward keep the same pairs and a softmax does not change with a shift of its row.
 */
export function gateGradient(
  { dims }: Call,
  visibility: Tensor | null,
  dLogLambda: Tensor,
): Tensor {
  const { device } = dLogLambda;
  const dlog_fgate = reverseCumsum(dLogLambda);
  // Not read where there are none, but one gate alone is smaller than one span.
  const absent = device.empty([2], { dtype: 'i32', label: 'not given' });
  zeroInactiveGateGrads.run(device, {
    dims,
    tensors: { dlog_fgate, visibility: visibility ?? absent },
    params: { ...sizes(dims), batch: dims.batch },
  });
  return dlog_fgate;
}
