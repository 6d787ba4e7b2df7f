// The cumulative log gate, forward in time for attention, and its transpose, back in time for the gate's gradient.

import { assertShape, type Tensor, UnsupportedError } from '@vulpes/tensor-core';
import { assertDType } from '../../lib/check.ts';
import {
  chunkCount,
  gateChunkSums,
  gateScan,
  reverseChunkSums,
  reverseScan,
  type ScanDims,
  scanParams,
} from './cumulative-log-gate.kernel.ts';

/** At this length the integer part of logLambda cannot overflow, even if every gate is at the clamp of −1000 nats. */
const MAX_SEQ_LEN = 131072;

/**
 * logLambda[t] = Σ_{u ≤ t} log f_u, as a two-part number that stays exact at any length; not differentiable.
 * Gates below −1000 nats count as −1000; a NaN gate makes every later value NaN.
 * @param logFgate - [B, T, H], f32, nats, ≤ 0
 * @param options.seqStart - i32 [B]; gates of t < seqStart count as 0
 * @returns i32 [B, H, T, 2], see lib/log-lambda.wgsl
 * @throws ShapeError DTypeError UnsupportedError
 */
export function cumulativeLogGate(
  logFgate: Tensor,
  { seqStart }: { seqStart?: Tensor | undefined } = {},
): Tensor {
  assertDType('cumulativeLogGate', 'logFgate', logFgate, 'f32');
  const { B, T, H } = assertShape('cumulativeLogGate', 'logFgate', logFgate, ['B', 'T', 'H']);
  if (seqStart) {
    assertDType('cumulativeLogGate', 'seqStart', seqStart, 'i32');
    assertShape('cumulativeLogGate', 'seqStart', seqStart, ['B'], { B });
  }
  if (T > MAX_SEQ_LEN) {
    throw new UnsupportedError(
      `cumulativeLogGate: expected T ≤ ${MAX_SEQ_LEN}, got ${T}. Use a shorter context.`,
    );
  }
  const dims = { batch: B, seqLen: T, numHeads: H };
  return logFgate.device.scope(() => scanGates(logFgate, seqStart, dims));
}

function scanGates(logFgate: Tensor, seqStart: Tensor | undefined, dims: ScanDims): Tensor {
  const { device } = logFgate;
  const { batch, seqLen, numHeads } = dims;
  const seq_start = seqStart ?? device.zeros([batch], { dtype: 'i32', label: 'seqStart' });
  const sumsShape = [batch, chunkCount(dims), numHeads, 3];
  const chunk_sums = device.empty(sumsShape, { dtype: 'u32', label: 'gate chunk sums' });
  const lambdaShape = [batch, numHeads, seqLen, 2];
  const log_lambda = device.empty(lambdaShape, { dtype: 'i32', label: 'logLambda' });
  const inputs = { log_fgate: logFgate, seq_start, chunk_sums };
  const params = scanParams(dims);
  gateChunkSums.run(device, { dims, tensors: inputs, params });
  gateScan.run(device, { dims, tensors: { ...inputs, log_lambda }, params });
  return log_lambda;
}

/**
 * y[t] = Σ_{u ≥ t} x[u]: what the gradient of logLambda means for the log gates. A plain kernel function, the same bits every time.
 * @param dLogLambda - [B, H, T], f32
 * @returns [B, T, H]
 * @throws ShapeError DTypeError
 */
export function reverseCumsum(dLogLambda: Tensor): Tensor {
  assertDType('reverseCumsum', 'dLogLambda', dLogLambda, 'f32');
  const { B, H, T } = assertShape('reverseCumsum', 'dLogLambda', dLogLambda, ['B', 'H', 'T']);
  const dims = { batch: B, seqLen: T, numHeads: H };
  const { device } = dLogLambda;
  return device.scope(() => {
    const chunk_sums = device.empty([B, chunkCount(dims), H], { label: 'reverse chunk sums' });
    const y = device.empty([B, T, H], { label: 'reverse cumsum' });
    const inputs = { x: dLogLambda, chunk_sums };
    const params = scanParams(dims);
    reverseChunkSums.run(device, { dims, tensors: inputs, params });
    reverseScan.run(device, { dims, tensors: { ...inputs, y }, params });
    return y;
  });
}
