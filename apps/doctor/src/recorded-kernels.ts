// Learns which kernels a computation would launch, without launching any.

import { type Device, type Tensor, vjp } from '@vulpes/tensor-core';

/**
 * Labels of the kernels that `forward` and its backward pass launch, each once, in order of first use.
 * @param shapes - of the differentiable inputs; their contents are undefined and never read.
 */
export function recordedKernels(
  device: Device,
  shapes: Readonly<Record<string, readonly number[]>>,
  forward: (inputs: Readonly<Record<string, Tensor>>) => Tensor,
): string[] {
  return withoutLaunching(device, () => {
    const inputs = Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => [name, device.empty(shape, { label: name })]),
    );
    using run = vjp(device, forward, inputs);
    run.pullback(device.empty(run.output.shape));
  });
}

/** The device has no listener for launches, so its `dispatch` is replaced while `body` runs. */
function withoutLaunching(device: Device, body: () => void): string[] {
  const labels = new Set<string>();
  const { dispatch } = device;
  device.dispatch = ({ program }) => {
    labels.add(program.label);
  };
  try {
    device.scope(body);
  } finally {
    device.dispatch = dispatch;
  }
  return [...labels];
}
