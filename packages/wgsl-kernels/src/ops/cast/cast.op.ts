// cast: f32 to f16 storage and back, on any device.

import {
  type DType,
  DTypeError,
  defineOp,
  type ForwardContext,
  formatShape,
  type Tensor,
} from '@vulpes/tensor-core';
import { toHalf, toSingle } from './cast.kernel.ts';

type FloatType = 'f32' | 'f16';

const castOp = defineOp({
  name: 'cast',
  forward: ({
    inputs: { x },
    attrs,
  }: ForwardContext<{ x: Tensor }, { from: FloatType; to: FloatType }>) => ({
    output: converted(x, attrs.to),
  }),
  backward: ({ dOutput: dy, attrs }) => ({
    x: dy.dtype === attrs.from ? dy : converted(dy, attrs.from),
  }),
});

function converted(x: Tensor, dtype: FloatType): Tensor {
  const y = x.device.empty(x.shape, { dtype, label: `${x.label} as ${dtype}` });
  const kernel = dtype === 'f16' ? toHalf : toSingle;
  const size = x.size;
  kernel.run(x.device, { dims: { size }, tensors: { x, y } });
  return y;
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
