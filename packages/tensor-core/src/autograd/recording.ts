// What an op and a device know of the tape that records.

import type { Tensor } from '../api.ts';
import type { DType } from '../dtype.ts';
import type { Shape } from '../shape.ts';
import type { GradientPlace } from './op-types.ts';
import type { PartialSums } from './partial-sums.ts';
import type { Segment } from './segment.ts';

/** One op that ran. */
export interface TapeNode {
  readonly name: string;
  readonly inputs: readonly TapeInput[];
  readonly outputs: readonly { readonly id: number; readonly dtype: DType }[];
  /**
   * One gradient an input, null where it is not needed.
   * @param places - by input: where its gradient may go, null where that is open
   */
  backward(
    dOutputs: readonly (Tensor | null)[],
    places: readonly (GradientPlace | null)[],
    partialSums: PartialSums,
  ): readonly (Tensor | null)[];
  /** Frees what is held for backward. Called once. */
  dispose(): void;
}

export interface TapeInput {
  readonly name: string;
  readonly id: number;
  readonly shape: Shape;
  /** Of its gradient: f32 for a parameter, else that of the tensor. */
  readonly gradientDType: DType;
  readonly needed: boolean;
}

export interface Recording {
  /** The checkpoint whose body runs, if one does: it holds what the ops there save. */
  segment: Segment | null;
  /** Whether the tensor depends on a watched one. Integers never do. */
  tracks(tensor: Tensor): boolean;
  /** f32 for what is differentiated for, whose gradients must not round; else the dtype of the tensor. */
  gradientDType(tensor: Tensor): DType;
  /** @param what - that has no gradient @throws NoGradientError if one of the tensors depends on a watched one. */
  assertUntracked(what: string, tensors: readonly (Tensor | null)[]): void;
  record(node: TapeNode): void;
}
