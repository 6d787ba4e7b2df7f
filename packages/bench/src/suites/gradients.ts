// Forward and backward of one op, with a gradient of its output that the bench chooses.

import { type Device, type Tensor, vjp } from '@vulpes/tensor-core';

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
  return device.scope(() => {
    using run = vjp(device, forward, inputs);
    const grads = run.pullback(dOut);
    const named = Object.entries(grads).map(([name, grad]) => [gradientName(name), grad] as const);
    return { out: run.output, ...Object.fromEntries(named) };
  });
}

/** `logFgate` -> `dLogFgate`, `q` -> `dq`. */
export const gradientName = (name: string): string =>
  name.length === 1 ? `d${name}` : `d${name[0]?.toUpperCase()}${name.slice(1)}`;
