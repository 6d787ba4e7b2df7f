// Checks of element types that every op makes before it records anything.

import { type DType, DTypeError, formatShape, type Tensor } from '@vulpes/tensor-core';

/** @throws DTypeError naming op, argument, expected and got. */
export function assertDType(op: string, name: string, tensor: Tensor, dtype: DType): void {
  if (tensor.dtype === dtype) return;
  throw new DTypeError(
    `${op}: expected ${name} ${dtype}, got ${tensor.dtype}${formatShape(tensor.shape)}. Cast it before the call.`,
  );
}
