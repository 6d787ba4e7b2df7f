// What can be wrong with a chunk or with the options of a cache, checked before anything is changed.

import {
  ArgumentError,
  DisposedTensorError,
  formatShape,
  ShapeError,
  type Tensor,
  UnsupportedError,
} from '@vulpes/tensor-core';
import type { CacheGeometry } from './geometry.ts';

/** The two-part logLambda cannot overflow up to here. */
const MAX_LENGTH = 131072;

export interface ChunkState {
  readonly isDisposed: boolean;
  /** A chunk was opened and never closed. */
  readonly isBroken: boolean;
  /** The model's own config and device. */
  readonly belongsToModel: boolean;
  readonly inputIds: Tensor;
  readonly geometry: CacheGeometry;
  readonly offset: number;
}

/** @throws DisposedTensorError ArgumentError ShapeError UnsupportedError */
export function assertOpen(state: ChunkState): void {
  const { inputIds, geometry, offset } = state;
  if (state.isDisposed) {
    throw new DisposedTensorError(
      'cache: used after dispose(). Make a new one with model.createCache.',
    );
  }
  if (!state.belongsToModel) {
    throw new ArgumentError(
      'cache: expected a cache of this model on this device, got another one. Make it with createCache of the model that runs.',
    );
  }
  if (state.isBroken) {
    throw new ArgumentError(
      'cache: its last chunk failed half-way, so it no longer fits the text. Make a new one with model.createCache.',
    );
  }
  const [batch, length] = inputIds.shape as [number, number];
  if (batch !== geometry.batch) {
    throw new ShapeError(
      `cache: expected inputIds with ${geometry.batch} rows like the cache, got ${formatShape(inputIds.shape)}. Make a cache for this batch.`,
    );
  }
  if (geometry.hasGate && offset + length > MAX_LENGTH) {
    throw new UnsupportedError(
      `cache: expected at most ${MAX_LENGTH} tokens, got ${offset} and ${length} more. Start a new text.`,
    );
  }
}

/** @throws ArgumentError */
export function assertCacheOptions(batch: number, seqStart: ArrayLike<number> | undefined): void {
  if (!Number.isInteger(batch) || batch < 1) {
    throw new ArgumentError(`createCache: expected batch to be an integer ≥ 1, got ${batch}.`);
  }
  if (seqStart && seqStart.length !== batch) {
    throw new ArgumentError(
      `createCache: expected seqStart for ${batch} rows, got ${seqStart.length} values.`,
    );
  }
  const bad = Array.from(seqStart ?? []).find((start) => !Number.isInteger(start) || start < 0);
  if (bad === undefined) return;
  throw new ArgumentError(
    `createCache: expected seqStart to hold integers ≥ 0, got ${bad}. It is the first token of each row that is not padding.`,
  );
}
