// Starts the backward pass from a given gradient: an op whose loss means nothing and whose gradient is that one.

import { defineOp, type Tensor } from '@vulpes/tensor-core';

const seeded = defineOp<{ gradient: Tensor }>({
  name: 'seed-gradient',
  forward: ({ device, attrs }) => ({ outputs: [device.zeros([1])], saved: [attrs.gradient] }),
  backward: ({ device, saved: [gradient] }) => {
    const copy = device.empty(gradient!.shape, { label: 'dOut' });
    device.copy(gradient!, copy);
    return [copy];
  },
});

/** A loss [1] (always 0) whose gradient with respect to `output` is `gradient`, of the same shape. */
export function seedGradient(output: Tensor, gradient: Tensor): Tensor {
  return seeded([output], { gradient })[0] as Tensor;
}
