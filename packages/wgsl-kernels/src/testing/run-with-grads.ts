// Runs an op on a device and returns its output and every gradient, for a given gradient of the output.

import { type Device, defineOp, type Tensor, valueAndGrad } from '@vulpes/tensor-core';

export interface HostTensor {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/** A stand-in for a loss: its value is 0, the gradient of its input is the tensor in `attrs`. */
const seedGradient = defineOp<{ gradient: Tensor }>({
  name: 'seed-gradient',
  forward: ({ device, attrs }) => ({ outputs: [device.zeros([1])], saved: [attrs.gradient] }),
  backward: ({ saved: [gradient] }) => [gradient as Tensor],
});

/**
 * @param inputs f32, each gets a gradient
 * @param forward the op under test; closes over what is not f32
 * @param dy gradient of the output, as many elements as it has
 * @returns `y`, and `d` + name for each input
 */
export async function runWithGrads(
  device: Device,
  inputs: Readonly<Record<string, HostTensor>>,
  forward: (tensors: Readonly<Record<string, Tensor>>) => Tensor,
  dy: Float32Array,
): Promise<Record<string, Float32Array>> {
  const params = Object.fromEntries(
    Object.entries(inputs).map(([name, { data, shape }]) => [
      name,
      device.tensor(data, shape, { label: name }),
    ]),
  );
  const step = valueAndGrad(device, (tensors) => {
    const y = forward(tensors);
    const gradient = device.tensor(dy, y.shape, { label: 'dy' });
    return { loss: seedGradient([y], { gradient })[0] as Tensor, aux: y };
  });
  const { loss, aux, grads } = step(params);
  const results: Record<string, Tensor> = { y: aux as Tensor };
  for (const [name, gradient] of Object.entries(grads)) results[`d${name}`] = gradient;
  const read: Record<string, Float32Array> = {};
  for (const [name, tensor] of Object.entries(results)) {
    read[name] = (await tensor.data()) as Float32Array;
    tensor.dispose();
  }
  for (const tensor of [loss, ...Object.values(params)]) tensor.dispose();
  return read;
}
