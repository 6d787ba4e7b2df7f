// How many rows of logits exist at a time. Pure.

import { type DeviceCaps, DeviceLimitError, DTYPE_BYTES, type DType } from '@vulpes/tensor-core';

/** Bytes that the buffer of logits may take by default: a GPU wants tall products, a CPU has small caches. */
export const logitsBudget = ({ isSoftware }: Pick<DeviceCaps, 'isSoftware'>): number =>
  (isSoftware ? 64 : 256) * 2 ** 20;

/** Rows of a chunk are a multiple of this: whole tiles of every matrix product. */
const ROW_STEP = 256;

export interface ChunkRequest {
  readonly rows: number;
  readonly vocab: number;
  readonly budgetBytes: number;
  /** Of the logits, f32 or f16. */
  readonly dtype: DType;
}

/** Elements of a row of logits: the vocabulary, padded so that every row begins at a multiple of 16 bytes. */
export function logitsStride(vocab: number, dtype: DType): number {
  const step = 16 / DTYPE_BYTES[dtype];
  return Math.ceil(vocab / step) * step;
}

/**
 * Rows of a chunk, the last one may have fewer: as many as the budget and the device's buffers hold, at least one, spread evenly over
 * the chunks; a multiple of 256 where there are several chunks and 256 rows fit.
 * @throws DeviceLimitError where a single row of logits is larger than a buffer may be.
 */
export function selectChunkRows(
  { rows, vocab, budgetBytes, dtype }: ChunkRequest,
  limits: Pick<DeviceCaps['limits'], 'maxBufferSize' | 'maxStorageBufferBindingSize'>,
): number {
  const rowBytes = DTYPE_BYTES[dtype] * logitsStride(vocab, dtype);
  const limitBytes = Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize);
  if (rowBytes > limitBytes) {
    throw new DeviceLimitError(
      `linearCrossEntropy: expected a row of logits to fit into a buffer of ${limitBytes} bytes, got a vocabulary of ${vocab}, ${rowBytes} bytes. Use a smaller vocabulary.`,
    );
  }
  const most = Math.max(1, Math.floor(Math.min(budgetBytes, limitBytes) / rowBytes));
  if (most >= rows) return rows;
  const step = most >= ROW_STEP ? ROW_STEP : 1;
  const chunks = Math.ceil(rows / (most - (most % step)));
  return Math.ceil(rows / chunks / step) * step;
}
