// The pruning threshold δ: from a logit bound so that the pruned mass stays below ε, or a number that the caller chose.

import {
  ArgumentError,
  assertShape,
  type Device,
  DTypeError,
  type Tensor,
} from '@vulpes/tensor-core';
import { thresholdFromBound } from './thresholds.kernel.ts';

/** log ε of the paper's experiments: at most e^−10 = 4.5e-5 of a row's attention mass is dropped. */
export const DEFAULT_LOG_PRUNING_TOLERANCE = -10;

/** Stands for −∞ on the GPU. */
const NEG_LARGE = -1e30;

export interface AdaptiveThresholdOptions {
  /** U, [B, H], nats. */
  readonly logitUpperBound: Tensor;
  /** T, the number of keys (not of queries). */
  readonly seqLen: number;
  /** log ε ≤ 0. */
  readonly logPruningTolerance: number;
}

/**
 * δ = −2U − log T + log ε: blocks below it hold at most ε of any row's attention. [ACP v2, Sec. 3; arXiv 2504.06949]. Not differentiable.
 * @returns [B, H] nats, the caller's.
 * @throws ShapeError, DTypeError, ArgumentError
 */
export function adaptiveThreshold(options: AdaptiveThresholdOptions): Tensor {
  const { batch, numHeads, constant } = checkAdaptive('adaptiveThreshold', options);
  const { logitUpperBound } = options;
  const { device } = logitUpperBound;
  const threshold = device.empty([batch, numHeads], { label: 'threshold' });
  thresholdFromBound.run(device, {
    dims: { batch, numHeads, constant },
    tensors: { logit_bound: logitUpperBound, threshold },
  });
  return threshold;
}

/** @returns sizes, and what is added to −2 U @throws ShapeError, DTypeError, ArgumentError */
export function checkAdaptive(
  op: string,
  { logitUpperBound, seqLen, logPruningTolerance }: AdaptiveThresholdOptions,
): { batch: number; numHeads: number; constant: number } {
  const { B, H } = assertShape(op, 'logitUpperBound', logitUpperBound, ['B', 'H']);
  if (logitUpperBound.dtype !== 'f32') {
    throw new DTypeError(
      `${op}: expected logitUpperBound f32, got ${logitUpperBound.dtype}. Cast it first.`,
    );
  }
  if (!Number.isInteger(seqLen) || seqLen < 1) {
    throw new ArgumentError(
      `${op}: expected seqLen to be a positive integer, got ${seqLen}. Pass the number of keys.`,
    );
  }
  if (!Number.isFinite(logPruningTolerance) || logPruningTolerance > 0) {
    throw new ArgumentError(
      `${op}: expected logPruningTolerance to be finite and at most 0, got ${logPruningTolerance}. It is log ε, −10 by default.`,
    );
  }
  return { batch: B, numHeads: H, constant: logPruningTolerance - Math.log(seqLen) };
}

/**
 * The same δ for every head, as a tensor. −Infinity prunes nothing.
 * @returns [B, H] nats, the caller's.
 * @throws ArgumentError where value is above 0 or NaN: a block on the diagonal has D = 0 and must stay.
 */
export function constantThreshold(
  device: Device,
  value: number,
  { batch, numHeads }: { batch: number; numHeads: number },
): Tensor {
  if (!(value <= 0)) {
    throw new ArgumentError(
      `constantThreshold: expected a value of at most 0, got ${value}. It is compared with a sum of log gates.`,
    );
  }
  const values = new Float32Array(batch * numHeads).fill(Math.max(value, NEG_LARGE));
  return device.tensor(values, [batch, numHeads], { label: 'threshold' });
}
