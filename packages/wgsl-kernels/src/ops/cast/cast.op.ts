// cast: f32 to f16 storage and back, on any device.

import {
  type DType,
  DTypeError,
  defineOp,
  type ForwardContext,
  formatShape,
  ShapeError,
  type Tensor,
} from '@vulpes/tensor-core';
import type { FloatType } from '../../lib/check.ts';
import { toHalf, toSingle } from './cast.kernel.ts';

const castOp = defineOp({
  name: 'cast',
  forward: ({
    inputs: { x },
    attrs,
  }: ForwardContext<{ x: Tensor }, { from: FloatType; to: FloatType }>) => ({
    output: convert(x, attrs.to),
  }),
  backward: ({ dOutput, attrs }) => ({ x: convert(dOutput, attrs.from) }),
});

/** x as another float type, x itself where it has it; a plain kernel function without a gradient. */
export function convert(x: Tensor, dtype: DType): Tensor {
  if (x.dtype === dtype) return x;
  const y = x.device.empty(x.shape, { dtype, label: `${x.label} as ${dtype}` });
  runCast(x, y);
  return y;
}

function runCast(x: Tensor, y: Tensor): void {
  const kernel = y.dtype === 'f16' ? toHalf : toSingle;
  kernel.run(x.device, { dims: { size: x.size }, tensors: { x, y } });
}

const isFloat = (dtype: DType): dtype is FloatType => dtype === 'f32' || dtype === 'f16';

/**
 * The same values as another float type; to f16 rounds to nearest even, and beyond 65,504 gives infinity.
 * Where the type is the same already, x itself.
 * @param x - [...], f32 or f16
 * @throws DTypeError for integer types
 */
export function cast(x: Tensor, dtype: DType): Tensor {
  const from = x.dtype;
  if (!isFloat(from) || !isFloat(dtype)) {
    throw new DTypeError(
      `cast: expected f32 or f16 on both sides, got ${from}${formatShape(x.shape)} to ${dtype}. Integers are not converted on the GPU.`,
    );
  }
  return from === dtype ? x : castOp({ x }, { from, to: dtype });
}

/**
 * `cast` into a tensor that is there already; without a gradient.
 * @param x - [...], f32 or f16
 * @param y - as many elements, of the other float type; overwritten
 * @throws DTypeError ShapeError
 */
export function castInto(x: Tensor, y: Tensor): void {
  if (!isFloat(x.dtype) || !isFloat(y.dtype) || x.dtype === y.dtype) {
    throw new DTypeError(
      `castInto: expected f32 and f16, got ${x.dtype}${formatShape(x.shape)} and ${y.dtype}${formatShape(y.shape)}. Between equal types use device.copy.`,
    );
  }
  if (x.size !== y.size) {
    throw new ShapeError(
      `castInto: expected y of ${x.size} elements, got ${y.dtype}${formatShape(y.shape)}.`,
    );
  }
  runCast(x, y);
}
