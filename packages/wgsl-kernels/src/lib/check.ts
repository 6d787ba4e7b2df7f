// Checks of tensors that every op makes before it records anything.

import {
  ArgumentError,
  assertShape,
  type DType,
  DTypeError,
  formatShape,
  ShapeError,
  type Tensor,
} from '@vulpes/tensor-core';

/** @throws DTypeError naming op, argument, expected and got. */
export function assertDType(op: string, name: string, tensor: Tensor, dtype: DType): void {
  if (tensor.dtype === dtype) return;
  throw new DTypeError(
    `${op}: expected ${name} ${dtype}, got ${tensor.dtype}${formatShape(tensor.shape)}. Cast it before the call.`,
  );
}

/** @throws DTypeError unless the tensor is f32 or f16. */
export function assertFloat(op: string, name: string, tensor: Tensor): void {
  if (tensor.dtype === 'f32' || tensor.dtype === 'f16') return;
  throw new DTypeError(
    `${op}: expected ${name} f32 or f16, got ${tensor.dtype}${formatShape(tensor.shape)}. Cast it before the call.`,
  );
}

/**
 * f32 or f16, the same for all.
 * @param tensors - by the names of the arguments
 * @throws DTypeError naming the two that differ, and what to cast
 */
export function assertSameFloat(op: string, tensors: Readonly<Record<string, Tensor>>): void {
  const [[first, { dtype }]] = Object.entries(tensors) as [[string, Tensor]];
  for (const [name, tensor] of Object.entries(tensors)) {
    assertFloat(op, name, tensor);
    if (tensor.dtype === dtype) continue;
    throw new DTypeError(
      `${op}: expected ${name} ${dtype} as ${first} is, got ${tensor.dtype}${formatShape(tensor.shape)}. Cast one of them before the call.`,
    );
  }
}

/** The dtypes of activations. */
export type FloatType = 'f32' | 'f16';

/** @throws DTypeError unless a result can have the dtype. */
export function assertOut(op: string, out: FloatType): void {
  if (out === 'f32' || out === 'f16') return;
  throw new DTypeError(`${op}: expected out 'f32' or 'f16', got '${out}'.`);
}

/**
 * Visibility that cover tokens offset … offset + seqLen − 1 of each sequence, if there are any.
 * @throws DTypeError ShapeError ArgumentError
 */
export function assertVisibility(
  op: string,
  visibility: Tensor | undefined,
  { batch, seqLen, offset }: { batch: number; seqLen: number; offset: number },
): void {
  if (!(Number.isInteger(offset) && offset >= 0)) {
    throw new ArgumentError(`${op}: expected offset a whole number of tokens, got ${offset}.`);
  }
  if (!visibility) return;
  assertDType(op, 'visibility', visibility, 'i32');
  const { N } = assertShape(op, 'visibility', visibility, ['B', 'N', 2], { B: batch });
  if (offset + seqLen <= N) return;
  throw new ShapeError(
    `${op}: expected visibility of ${offset + seqLen} tokens or more, got ${formatShape(visibility.shape)}. Make them for the whole sequence.`,
  );
}

/** Name, value, whether it fits, and what does. */
export type NumberCheck = readonly [name: string, value: number, isGood: boolean, expected: string];

/** @throws ArgumentError naming op, the first number that does not fit or is not finite, expected and got. */
export function assertNumbers(op: string, checks: readonly NumberCheck[]): void {
  for (const [name, value, isGood, expected] of checks) {
    if (isGood && Number.isFinite(value)) continue;
    throw new ArgumentError(`${op}: expected ${name} ${expected}, got ${value}.`);
  }
}
