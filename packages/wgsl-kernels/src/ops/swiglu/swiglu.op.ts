// SwiGLU: the gated activation of the MLP.

import {
  defineOp,
  type ForwardContext,
  formatShape,
  ShapeError,
  type Tensor,
} from '@vulpes/tensor-core';
import { assertFloat } from '../../lib/check.ts';
import { type SwigluDims, swigluBackward, swigluForward } from './swiglu.kernel.ts';

const swigluOp = defineOp({
  name: 'swiglu',
  forward({ device, inputs: { x }, attrs: dims }: ForwardContext<{ x: Tensor }, SwigluDims>) {
    const { dtype } = x;
    const y = device.empty([...x.shape.slice(0, -1), dims.inner], { dtype, label: 'swiglu' });
    swigluForward.run(device, { dims: { ...dims, dtype }, tensors: { x, y } });
    return { output: y, saved: { x } };
  },
  backward({ device, dOutput: dy, saved: { x }, attrs: dims }) {
    const { dtype } = x;
    const dx = device.empty(x.shape, { dtype, label: 'd swiglu' });
    swigluBackward.run(device, { dims: { ...dims, dtype }, tensors: { x, dy, dx } });
    return { x: dx };
  },
});

/**
 * silu(a) * b, where the last axis of x is [a, b].
 * @param x - [..., 2I], f32 or f16
 * @returns [..., I], as x
 * @throws ShapeError where the last axis is odd. @throws DTypeError
 */
export function swiglu(x: Tensor): Tensor {
  assertFloat('swiglu', 'x', x);
  const last = x.shape.at(-1) ?? 1;
  if (last % 2 !== 0) {
    throw new ShapeError(
      `swiglu: expected x [..., 2I] with an even last axis, got ${formatShape(x.shape)}. Put gate and value side by side.`,
    );
  }
  return swigluOp({ x }, { rows: x.size / last, inner: last / 2 });
}
