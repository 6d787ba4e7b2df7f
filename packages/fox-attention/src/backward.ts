// Launches of the backward kernels. They keep the pairs that the forward kept: each row's first kept key comes from its row stats.

import type { Device, Tensor } from '@vulpes/tensor-core';
import { type BlockSizes, reverseCumsum } from '@vulpes/wgsl-kernels';
import type { AttentionDims, AttentionFlags } from './dims.ts';
import {
  attentionBackwardKey,
  attentionBackwardQuery,
  backwardPrepare,
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
  /** f32 [B, H] */
  readonly logitBound: Tensor | null;
}

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
    dims: { ...dims, ...blocks },
    tensors: {
      out,
      dout,
      row_stats: rowStats,
      log_lambda: logLambda,
      end_index: endIndex,
      visibility,
      stats,
    },
  });
  return stats;
}

/** @param dLogLambda - from `keyGradients`, null without gates: of f16 tensors it gets the query side of the gates added where the kernel has it */
export function queryGradient(
  device: Device,
  call: Call,
  inputs: BackwardInputs,
  dLogLambda: Tensor | null,
): Tensor {
  const dims = { ...call.dims, smScale: call.smScale };
  const dq = device.empty(inputs.q.shape, { dtype: call.dims.dtype, label: 'dq' });
  const tensors = {
    ...{ ...inputs, logit_bound: inputs.logitBound },
    ...{ dq, dlog_lambda: dLogLambda },
  };
  for (const kernel of attentionBackwardQuery.choose(device.caps, dims).selectKernels(dims)) {
    kernel.run(device, { dims, tensors });
  }
  return dq;
}

/** dk, dv [B, N, Hkv, D]; dLogLambda [B, H, N]. */
export function keyGradients(
  device: Device,
  call: Call,
  inputs: BackwardInputs,
): { dk: Tensor; dv: Tensor; dLogLambda: Tensor } {
  const dims = { ...call.dims, smScale: call.smScale };
  const dk = device.empty(inputs.k.shape, { dtype: call.dims.dtype, label: 'dk' });
  const dv = device.empty(inputs.v.shape, { dtype: call.dims.dtype, label: 'dv' });
  const gateShape = [dims.batch, dims.numHeads, dims.keyLen];
  const dLogLambda = device.empty(gateShape, { label: 'dlogLambda' });
  const tensors = { ...inputs, logit_bound: inputs.logitBound, dk, dv, dlog_lambda: dLogLambda };
  for (const kernel of attentionBackwardKey.choose(device.caps, dims).selectKernels(dims)) {
    kernel.run(device, { dims, tensors });
  }
  return { dk, dv, dLogLambda };
}

/**
 * From the key side alone: the query side of each gate is a row sum Σ_j dS_ij, which is zero,
 * as forward and backward keep the same pairs and a softmax does not change with a shift of its row. Where delta is made of
 * a rounded output it is zero only almost, and every gate before the row would get the difference: see backward-query.matrix.
 */
export function gateGradient(
  { dims }: Call,
  visibility: Tensor | null,
  dLogLambda: Tensor,
): Tensor {
  return reverseCumsum(dLogLambda, { attention: { queryLen: dims.queryLen, visibility } });
}
