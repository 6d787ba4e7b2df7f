// Forward and backward of one op, with a gradient of its output that the bench chooses.

import { type Device, defineOp, type Tensor, valueAndGrad } from '@vulpes/tensor-core';

/** A loss of 0 whose gradient with respect to its input is `dOut`: costs one fill, no kernel. */
const probe = defineOp<{ readonly dOut: Tensor }>({
  name: 'bench-probe',
  forward: ({ device }) => ({ outputs: [device.zeros([1])] }),
  backward: ({ device, attrs: { dOut } }) => [device.view(dOut, dOut.shape)],
});

/**
 * Records forward and backward.
 * @returns the output as `out`, and the gradient of each input as `d` + its name.
 */
export function forwardBackward(
  device: Device,
  inputs: Readonly<Record<string, Tensor>>,
  dOut: Tensor,
  forward: (inputs: Readonly<Record<string, Tensor>>) => Tensor,
): Record<string, Tensor> {
  const step = valueAndGrad(device, (params) => {
    const out = forward(params);
    return { loss: probe([out], { dOut })[0] as Tensor, aux: out };
  });
  return device.scope(() => {
    const { aux, grads } = step(inputs);
    const named = Object.entries(grads).map(([name, grad]) => [gradientName(name), grad] as const);
    return { out: aux as Tensor, ...Object.fromEntries(named) };
  });
}

/** `logFgate` -> `dLogFgate`, `q` -> `dq`. */
export const gradientName = (name: string): string =>
  name.length === 1 ? `d${name}` : `d${name[0]?.toUpperCase()}${name.slice(1)}`;
