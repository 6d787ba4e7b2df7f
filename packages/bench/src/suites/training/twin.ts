// The f64 twin of a training step: its loss, and the norm of its gradient.

import { type Model, naiveBatch, type Params } from '@vulpes/lm-models';
import { type Tensor, valueAndGrad } from '@vulpes/tensor-core';
import type { TokenBatch } from '@vulpes/training';
import type { Expectations } from '../../case.ts';

/** Loss and gradient norm of a whole model in f32 against f64. */
const LOSS_BOUND = 1e-5;
/** The twin's norm is a central difference along the gradient: its own error is about 1e-5. */
const GRAD_NORM_BOUND = 1e-3;
/** Length of that difference in parameter space. */
const STEP = 1e-3;

type Floats = Record<string, Float32Array>;

/**
 * Loss by the f64 twin; and the norm of the gradient as the slope of the twin's loss along the direction
 * that the device calls the gradient: it is the norm only if that direction is right.
 */
export async function stepTwin(
  model: Model,
  params: Params,
  { inputs, labels, shape }: TokenBatch,
): Promise<Expectations> {
  const weights = await download(params);
  const grads = await gradients(model, params, { inputs, labels, shape });
  const norm = Math.sqrt(
    Object.values(grads).reduce((sum, values) => sum + sumOfSquares(values), 0),
  );
  const lossAt = (distance: number): number => {
    const moved = Object.fromEntries(
      Object.entries(weights).map(([name, values]) => {
        const grad = grads[name];
        const value = (i: number) => (values[i] as number) + (distance * (grad?.[i] ?? 0)) / norm;
        return [name, Float64Array.from({ length: values.length }, (_, i) => value(i))];
      }),
    );
    const seqStart = new Array<number>(shape[0]).fill(0);
    return naiveBatch(model.config, moved, { inputIds: inputs, labels, seqStart }).loss;
  };
  const slope = (lossAt(STEP) - lossAt(-STEP)) / (2 * STEP);
  return {
    loss: { values: [lossAt(0)], bound: LOSS_BOUND },
    gradNorm: { values: [slope], bound: GRAD_NORM_BOUND },
  };
}

const sumOfSquares = (values: Float32Array): number =>
  values.reduce((sum, value) => sum + value * value, 0);

async function gradients(
  model: Model,
  params: Params,
  { inputs, labels, shape }: TokenBatch,
): Promise<Floats> {
  const { device } = model;
  const batch = { inputIds: device.tensor(inputs, shape), labels: device.tensor(labels, shape) };
  const step = valueAndGrad(device, (learned: Params) => ({
    loss: model.loss(learned, batch).loss,
  }));
  const grads = device.scope(() => step(params).grads);
  const values = await download(grads);
  for (const tensor of [...Object.values(grads), ...Object.values(batch)]) tensor.dispose();
  return values;
}

async function download(tensors: Readonly<Record<string, Tensor>>): Promise<Floats> {
  const values: Floats = {};
  for (const [name, tensor] of Object.entries(tensors)) {
    values[name] = (await tensor.data()) as Float32Array;
  }
  return values;
}
