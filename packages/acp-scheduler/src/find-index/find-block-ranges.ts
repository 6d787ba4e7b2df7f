// The public boundary search: from cumulative log gates and a threshold to the blocks that attention has to visit.

import {
  ArgumentError,
  assertShape,
  DTypeError,
  ShapeError,
  type Tensor,
} from '@vulpes/tensor-core';
import { assertBlockSizes, type BlockRanges, type BlockSizes } from '@vulpes/wgsl-kernels';
import { type AdaptiveThresholdOptions, checkAdaptive } from '../thresholds/thresholds.ts';
import { findIndex, keyBlockCount, queryBlockCount } from './find-index.kernel.ts';
import type { SearchDims } from './find-index.reference.ts';

const OP = 'findBlockRanges';

export interface FindBlockRangesOptions {
  /** M, rows of q; query row i stands at key position N − M + i. */
  readonly queryLen: number;
  readonly blocks: BlockSizes;
}

/**
 * Finds the pruning boundary: key block n is dropped for query block m iff D(first row of m, last key of n) < δ.
 * One launch for both indices; not differentiable. The result belongs to the caller (or the scope around the call).
 * @param logLambda - [B, H, N, 2] i32, two-part numbers of `cumulativeLogGate`.
 * @param threshold - δ in nats, [B, H], [1, H], [B, 1], [H] or [1]; values above 0 act as 0, NaN prunes nothing. Or what `adaptiveThreshold` makes it of: the search then does that, too.
 * @throws ShapeError, DTypeError, ArgumentError
 * @example const ranges = findBlockRanges(logLambda, threshold, { queryLen: T, blocks: { blockM: 64, blockN: 64 } });
 */
export function findBlockRanges(
  logLambda: Tensor,
  threshold: Tensor | AdaptiveThresholdOptions,
  { queryLen, blocks }: FindBlockRangesOptions,
): BlockRanges {
  const {
    B: batch,
    H: numHeads,
    N: keyLen,
  } = assertShape(OP, 'logLambda', logLambda, ['B', 'H', 'N', 2]);
  assertDType('logLambda', logLambda, 'i32');
  assertQueryLen(queryLen, keyLen);
  assertBlockSizes(OP, blocks);
  const dims: SearchDims = { batch, numHeads, queryLen, keyLen, blocks };
  const { device } = logLambda;
  const [queryBlocks, keyBlocks] = [queryBlockCount(dims), keyBlockCount(dims)];
  const shape = { dtype: 'i32' } as const;
  const startIndex = device.empty([batch, numHeads, queryBlocks], {
    ...shape,
    label: 'startIndex',
  });
  const endIndex = device.empty([batch, numHeads, keyBlocks], { ...shape, label: 'endIndex' });
  const { values, factor, constant } = toThreshold(threshold);
  findIndex.run(device, {
    dims: { ...dims, ...thresholdStrides(values, batch, numHeads), factor, constant },
    tensors: {
      log_lambda: logLambda,
      threshold: values,
      start_index: startIndex,
      end_index: endIndex,
    },
  });
  return { blocks: { ...blocks }, startIndex, endIndex };
}

/** δ = factor · values + constant. */
function toThreshold(threshold: Tensor | AdaptiveThresholdOptions) {
  if ('logitUpperBound' in threshold) {
    const { constant } = checkAdaptive(OP, threshold);
    return { values: threshold.logitUpperBound, factor: -2, constant };
  }
  assertDType('threshold', threshold, 'f32');
  return { values: threshold, factor: 1, constant: 0 };
}

/** Broadcasting to [B, H] as strides: 0 where a dimension is 1 or missing. */
function thresholdStrides(
  threshold: Tensor,
  batch: number,
  numHeads: number,
): { thresholdStrideB: number; thresholdStrideH: number } {
  const { shape } = threshold;
  const heads = shape.at(-1);
  const batches = shape.length === 2 ? shape[0] : 1;
  const fits =
    shape.length >= 1 &&
    shape.length <= 2 &&
    (heads === numHeads || heads === 1) &&
    (batches === batch || batches === 1);
  if (!fits) {
    throw new ShapeError(
      `${OP}: expected threshold broadcastable to [B, H] = [${batch}, ${numHeads}], got [${shape.join(', ')}]. Give [B, H], [1, H], [B, 1], [H] or [1].`,
    );
  }
  return {
    thresholdStrideB: batches === 1 ? 0 : (heads as number),
    thresholdStrideH: heads === 1 ? 0 : 1,
  };
}

function assertDType(name: string, tensor: Tensor, dtype: 'i32' | 'f32'): void {
  if (tensor.dtype === dtype) return;
  const source = dtype === 'i32' ? 'Take it from cumulativeLogGate.' : 'Cast it first.';
  throw new DTypeError(`${OP}: expected ${name} ${dtype}, got ${tensor.dtype}. ${source}`);
}

function assertQueryLen(queryLen: number, keyLen: number): void {
  if (Number.isInteger(queryLen) && queryLen >= 1 && queryLen <= keyLen) return;
  throw new ArgumentError(
    `${OP}: expected queryLen from 1 to N = ${keyLen}, got ${queryLen}. Pass the number of rows of q.`,
  );
}
