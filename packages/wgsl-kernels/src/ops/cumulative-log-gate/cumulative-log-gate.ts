// The cumulative log gate, forward in time for attention, and its transpose, back in time for the gate's gradient.

import { assertShape, type Tensor, UnsupportedError } from '@vulpes/tensor-core';
import { assertDType, assertVisibility } from '../../lib/check.ts';
import {
  gateScanVariants,
  reverseScanVariants,
  type ScanDims,
} from './cumulative-log-gate.kernel.ts';

/** At this length the integer part of logLambda cannot overflow, even if every gate is at the clamp of −1000 nats. */
const MAX_SEQ_LEN = 131072;

export interface CumulativeLogGateOptions {
  /** i32 [B, N, 2], see `tokenVisibility`: gates of tokens that see nothing before themselves count as 0. */
  readonly visibility?: Tensor | undefined;
  /** i32 [B, H, 2], logLambda just before the first gate; default 0. */
  readonly initial?: Tensor | undefined;
  /** Where the first gate stands in the visibility; default 0. */
  readonly offset?: number | undefined;
}

/**
 * logLambda[t] = Σ_{u ≤ t} log f_u, as a two-part number that stays exact at any length. Without a gradient: attention gives that of the log gates itself, so pass it `stopGradient(logFgate)`.
 * Gates below −1000 nats count as −1000; a NaN gate makes every later value NaN.
 * @param logFgate - [B, T, H], f32, nats, ≤ 0
 * @returns i32 [B, H, T, 2], see lib/log-lambda.wgsl
 * @throws ShapeError DTypeError ArgumentError UnsupportedError
 */
export function cumulativeLogGate(
  logFgate: Tensor,
  options: CumulativeLogGateOptions = {},
): Tensor {
  const { offset = 0 } = options;
  assertDType('cumulativeLogGate', 'logFgate', logFgate, 'f32');
  const { B, T, H } = assertShape('cumulativeLogGate', 'logFgate', logFgate, ['B', 'T', 'H']);
  if (offset + T > MAX_SEQ_LEN) {
    throw new UnsupportedError(
      `cumulativeLogGate: expected T ≤ ${MAX_SEQ_LEN}, got ${offset + T}. Use a shorter context.`,
    );
  }
  if (options.initial) {
    assertDType('cumulativeLogGate', 'initial', options.initial, 'i32');
    assertShape('cumulativeLogGate', 'initial', options.initial, ['B', 'H', 2], { B, H });
  }
  const dims = { batch: B, seqLen: T, numHeads: H };
  assertVisibility('cumulativeLogGate', options.visibility, { batch: B, seqLen: T, offset });
  return logFgate.device.scope(() => scanGates(logFgate, options, dims));
}

function scanGates(
  logFgate: Tensor,
  { visibility, initial, offset = 0 }: CumulativeLogGateOptions,
  dims: ScanDims,
): Tensor {
  const { device } = logFgate;
  const { batch, seqLen, numHeads } = dims;
  const lambdaShape = [batch, numHeads, seqLen, 2];
  const log_lambda = device.empty(lambdaShape, { dtype: 'i32', label: 'logLambda' });
  const visibilityLen = visibility?.shape[1] ?? 0;
  gateScanVariants.choose(device.caps, dims).kernel.run(device, {
    dims: { ...dims, visibilityLen, offset, hasInitial: Number(initial !== undefined) },
    tensors: { log_fgate: logFgate, visibility, initial, log_lambda },
  });
  return log_lambda;
}

export interface ReverseCumsumOptions {
  /**
   * The attention whose gates these are: gates that act on no pair of it get 0. `queryLen` is M ≤ T, query i at position T − M + i;
   * `visibility` i32 [B, T, 2], see `tokenVisibility`, null without.
   */
  readonly attention?: { readonly queryLen: number; readonly visibility: Tensor | null };
}

/**
 * y[t] = Σ_{u ≥ t} x[u]: what the gradient of logLambda means for the log gates. A plain kernel function, the same bits every time.
 * @param dLogLambda - [B, H, T], f32
 * @returns [B, T, H]
 * @throws ShapeError DTypeError
 */
export function reverseCumsum(
  dLogLambda: Tensor,
  { attention }: ReverseCumsumOptions = {},
): Tensor {
  assertDType('reverseCumsum', 'dLogLambda', dLogLambda, 'f32');
  const { B, H, T } = assertShape('reverseCumsum', 'dLogLambda', dLogLambda, ['B', 'H', 'T']);
  const dims = { batch: B, seqLen: T, numHeads: H };
  const visibility = attention?.visibility;
  if (visibility) assertShape('reverseCumsum', 'visibility', visibility, ['B', 'T', 2], { B, T });
  const { device } = dLogLambda;
  const y = device.empty([B, T, H], { label: 'reverse cumsum' });
  reverseScanVariants.choose(device.caps, dims).kernel.run(device, {
    dims: { ...dims, onlyActive: !!attention, firstQuery: T - (attention?.queryLen ?? T) },
    tensors: { x: dLogLambda, visibility, y },
  });
  return y;
}
