// Runs an op on a device and returns its output and every gradient, for a given gradient of the output.

import { type Device, type DType, type Tensor, vjp } from '@vulpes/tensor-core';

export interface HostTensor {
  readonly data: Float32Array;
  readonly shape: readonly number[];
  /** f32 by default; f16 rounds the data. */
  readonly dtype?: DType | undefined;
}

/**
 * @param inputs f32 or f16, each gets a gradient
 * @param forward the op under test; closes over what has no gradient
 * @param dy gradient of the output, as many elements as it has; an f16 output rounds it
 * @returns `y`, and `d` + name for each input
 */
export async function runWithGrads(
  device: Device,
  inputs: Readonly<Record<string, HostTensor>>,
  forward: (tensors: Readonly<Record<string, Tensor>>) => Tensor,
  dy: Float32Array,
): Promise<Record<string, Float32Array>> {
  const results: Record<string, Tensor> = device.scope(() => {
    const params = Object.fromEntries(
      Object.entries(inputs).map(([name, { data, shape, dtype = 'f32' }]) => [
        name,
        device.tensor(data, shape, { dtype, label: name }),
      ]),
    );
    using run = vjp(device, forward, params);
    const { shape, dtype } = run.output;
    const grads = run.pullback(device.tensor(dy, shape, { dtype, label: 'dy' }));
    const named = Object.entries(grads).map(([name, gradient]) => [`d${name}`, gradient] as const);
    return { y: run.output, ...Object.fromEntries(named) };
  });
  const read: Record<string, Float32Array> = {};
  for (const [name, tensor] of Object.entries(results)) {
    read[name] = (await tensor.data()) as Float32Array;
    tensor.dispose();
  }
  return read;
}
