// Visibility: which keys each token's query may see, and which queries see its key.

import {
  ArgumentError,
  assertShape,
  checkOffsets,
  type Device,
  ShapeError,
  type Tensor,
} from '@vulpes/tensor-core';
import { assertDType } from '../../lib/check.ts';
import { tokenVisibilityKernel } from './token-visibility.kernel.ts';

export interface TokenVisibilityOptions {
  readonly batch: number;
  /** Tokens of a sequence, N. */
  readonly length: number;
  /** i32 [B]: tokens before it are padding. */
  readonly seqStart?: Tensor | undefined;
  /** i32 [documents + 1] for a batch of 1, or [B, documents + 1]: where each packed document begins, and where the last one ends. Tokens outside are padding. */
  readonly cuSeqlens?: Tensor | undefined;
  /** Sliding window: keys that a query may see, its own included. */
  readonly windowSize?: number | undefined;
}

/**
 * The span [first, end) of every token t: its query sees keys first … t, its key is seen by queries t … end − 1.
 * Padding, packing and windows combine by the larger first and the smaller end; a padded token has (t + 1, t).
 * Not differentiable. Offsets on the GPU are checked only with `debug: 'validate'`: elsewhere, where they fall, documents are others but stay within [0, N].
 * @returns i32 [B, N, 2], the caller's
 * @throws ShapeError DTypeError ArgumentError
 * @example tokenVisibility(device, { batch: 1, length: 9, cuSeqlens: packedOffsets(device, [4, 5]) })
 */
export function tokenVisibility(device: Device, options: TokenVisibilityOptions): Tensor {
  const { batch, length, seqStart, cuSeqlens, windowSize = length } = options;
  const visibility = device.empty([batch, length, 2], { dtype: 'i32', label: 'visibility' });
  const entries = assertLimits(options);
  if (cuSeqlens) checkOffsets('tokenVisibility', cuSeqlens);
  tokenVisibilityKernel.run(device, {
    dims: { batch, length, entries, window: Math.min(windowSize, length) },
    tensors: { seq_start: seqStart, cu_seqlens: cuSeqlens, visibility },
  });
  return visibility;
}

/** Offsets of a sequence, 0 if it is not packed. */
function assertLimits({ batch, seqStart, cuSeqlens, windowSize }: TokenVisibilityOptions): number {
  if (seqStart) {
    assertDType('tokenVisibility', 'seqStart', seqStart, 'i32');
    assertShape('tokenVisibility', 'seqStart', seqStart, ['B'], { B: batch });
  }
  if (windowSize !== undefined && !(Number.isInteger(windowSize) && windowSize >= 1)) {
    throw new ArgumentError(
      `tokenVisibility: expected windowSize a positive number of tokens, got ${windowSize}.`,
    );
  }
  if (!cuSeqlens) return 0;
  assertDType('tokenVisibility', 'cuSeqlens', cuSeqlens, 'i32');
  const isFlat = batch === 1 && cuSeqlens.shape.length === 1;
  const pattern = isFlat ? (['documents + 1'] as const) : (['B', 'documents + 1'] as const);
  assertShape('tokenVisibility', 'cuSeqlens', cuSeqlens, pattern, { B: batch });
  const entries = cuSeqlens.size / batch;
  if (entries >= 2) return entries;
  throw new ShapeError(
    'tokenVisibility: expected cuSeqlens with a document (2 offsets or more), got 1 offset.',
  );
}

/**
 * Where packed documents begin and the last one ends: [0, l0, l0 + l1, …].
 * @param lengths - tokens of each document, host; 0 is an empty document
 * @returns i32 [documents + 1], the caller's
 * @throws ArgumentError
 */
export function packedOffsets(device: Device, lengths: readonly number[]): Tensor {
  const wrong = lengths.find((length) => !(Number.isInteger(length) && length >= 0));
  if (lengths.length === 0 || wrong !== undefined) {
    throw new ArgumentError(
      `packedOffsets: expected the length of each document, whole numbers ≥ 0, got ${wrong ?? 'none'}.`,
    );
  }
  const offsets = new Int32Array(lengths.length + 1);
  lengths.forEach((length, d) => {
    offsets[d + 1] = offsets[d]! + length;
  });
  return device.tensor(offsets, [offsets.length], { label: 'cuSeqlens' });
}
