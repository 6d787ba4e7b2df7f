// What a model is given, and the checks of it that need no look at the numbers.

import { ArgumentError, assertShape, type Tensor } from '@vulpes/tensor-core';
import type { KvCache } from '../cache/kv-cache.ts';

export interface ModelInputs {
  /** i32 [B, T] */
  readonly inputIds: Tensor;
  /** i32 [B], first token of each row that is not padding: rows of unequal length are padded on the left. Default 0. */
  readonly seqStart?: Tensor | undefined;
  /**
   * i32 [documents + 1] for a batch of 1, or [B, documents + 1]: where each packed document begins, and where the last one ends;
   * tokens outside are padding. Documents do not see each other, and each computes what it would alone.
   */
  readonly cuSeqlens?: Tensor | undefined;
}

export interface NextTokenInputs extends ModelInputs {
  /** From `createCache`: `inputIds` is then the next chunk of its text, of any length. */
  readonly cache?: KvCache | undefined;
}

export interface LossInputs extends ModelInputs {
  /** i32 [B, T]: the token that follows each one; −100 where none counts, as at padding and where a document ends. */
  readonly labels: Tensor;
}

/** @throws ShapeError */
export function checkInputs<I extends ModelInputs>(inputs: I): I {
  const { B } = assertShape('model', 'inputIds', inputs.inputIds, ['B', 'T']);
  if (inputs.seqStart) assertShape('model', 'seqStart', inputs.seqStart, ['B'], { B });
  return inputs;
}

/** @throws ShapeError ArgumentError */
export function checkNextInputs(inputs: NextTokenInputs): NextTokenInputs {
  if (inputs.cache && (inputs.seqStart || inputs.cuSeqlens)) {
    throw new ArgumentError(
      'model: expected no seqStart or cuSeqlens along with a cache, got one. Give seqStart to createCache; a cache holds no packed rows.',
    );
  }
  return checkInputs(inputs);
}

/** @throws ShapeError */
export function checkLossInputs(inputs: LossInputs): LossInputs {
  const { B, T } = assertShape('model', 'inputIds', inputs.inputIds, ['B', 'T']);
  assertShape('model', 'labels', inputs.labels, ['B', 'T'], { B, T });
  return checkInputs(inputs);
}
