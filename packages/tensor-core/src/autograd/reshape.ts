// Reshape: a view of the same memory, differentiable.

import type { Tensor } from '../api.ts';
import { ShapeError } from '../errors.ts';
import { formatShape, type Shape, shapeSize } from '../shape.ts';
import { defineOp } from './op.ts';
import type { ForwardContext } from './op-types.ts';

const reshapeOp = defineOp({
  name: 'reshape',
  forward: ({
    device,
    inputs: { x },
    attrs,
  }: ForwardContext<{ x: Tensor }, { from: Shape; to: Shape }>) => ({
    output: device.view(x, attrs.to),
  }),
  backward: ({ device, dOutput, attrs }) => ({ x: device.view(dOutput, attrs.from) }),
});

/**
 * The same elements in another shape, without a copy.
 * @throws ShapeError where the number of elements differs.
 */
export function reshape(x: Tensor, shape: Shape): Tensor {
  if (shapeSize(shape) !== x.size) {
    throw new ShapeError(
      `reshape: expected ${x.size} elements to match ${formatShape(x.shape)}, got ${formatShape(shape)}.`,
    );
  }
  return reshapeOp({ x }, { from: x.shape, to: shape });
}
