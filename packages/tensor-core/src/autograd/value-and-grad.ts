// The public transform: a loss function becomes a function of loss and gradients.

import type { Device } from '../device.ts';
import { ShapeError } from '../errors.ts';
import { formatShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { Tape } from './tape.ts';

export type TensorRecord = Readonly<Record<string, Tensor>>;

export interface LossResult<Aux> {
  /** f32 [1]. */
  loss: Tensor;
  /** Whatever else the caller wants to keep; not differentiated. */
  aux?: Aux;
}

export interface ValueAndGrad<Aux> {
  loss: Tensor;
  aux: Aux | undefined;
  /** Same keys and shapes as the parameters; zeros where the loss does not depend on one. */
  grads: Record<string, Tensor>;
}

/**
 * Reverse-mode gradient of a scalar loss with respect to a record of parameters.
 * All memory but loss, aux and gradients is free when it returns; those belong to the scope around, or to the caller.
 * @example const step = valueAndGrad(device, (params, batch) => model.loss(params, batch));
 */
export function valueAndGrad<Args extends readonly unknown[], Aux = undefined>(
  device: Device,
  lossFunction: (params: TensorRecord, ...args: Args) => LossResult<Aux>,
): (params: TensorRecord, ...args: Args) => ValueAndGrad<Aux> {
  return (params, ...args) =>
    device.scope(() => {
      const tape = new Tape(device, Object.values(params));
      try {
        const { loss, aux } = forward(device, tape, () => lossFunction(params, ...args));
        const seed = device.tensor([1], [1], { label: 'dloss' });
        const gradients = tape.backward(loss, seed);
        return { loss, aux, grads: gradientsOf(device, params, gradients) };
      } finally {
        tape.dispose();
      }
    });
}

/** Runs the loss in a scope, so that what backward does not need is free before backward starts. */
function forward<Aux>(device: Device, tape: Tape, body: () => LossResult<Aux>): LossResult<Aux> {
  const outer = device.tape;
  device.tape = tape;
  try {
    const result = device.scope(body);
    const { loss } = result;
    if (loss.size === 1 && loss.dtype === 'f32') return result;
    throw new ShapeError(
      `valueAndGrad: expected a loss f32[1], got ${loss.dtype}${formatShape(loss.shape)}. Take the mean.`,
    );
  } finally {
    device.tape = outer;
  }
}

function gradientsOf(
  device: Device,
  params: TensorRecord,
  gradients: Map<number, Tensor>,
): Record<string, Tensor> {
  const named = Object.entries(params).map(([name, param]) => {
    const gradient = gradients.get(param.id);
    gradients.delete(param.id);
    return [
      name,
      gradient ? device.adopt(gradient) : device.zeros(param.shape, { label: `d ${name}` }),
    ] as const;
  });
  for (const leftOver of gradients.values()) leftOver.dispose();
  return Object.fromEntries(named);
}
