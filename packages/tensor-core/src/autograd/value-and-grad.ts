// The public transform: a loss function becomes a function of loss and gradients.

import type { Device, Tensor } from '../api.ts';
import { ShapeError } from '../errors.ts';
import { formatShape } from '../shape.ts';
import { type GradientOptions, type TensorRecord, vjp } from './vjp.ts';

export interface LossResult<Aux> {
  /** f32 [1]. */
  loss: Tensor;
  /** Whatever else the caller wants to keep; not differentiated. */
  aux?: Aux;
}

export interface ValueAndGradOptions<P> extends GradientOptions<P> {
  /** Gradient of the loss, a factor on all gradients: a number, or f32 in the shape of the loss. Default 1. */
  readonly seed?: number | Tensor;
}

export interface ValueAndGrad<P, Aux> {
  loss: Tensor;
  aux: Aux | undefined;
  /** Same keys and shapes as the parameters, f32; zeros where the loss does not depend on one. */
  grads: Record<keyof P, Tensor>;
}

/**
 * Reverse-mode gradient of a scalar loss with respect to a record of parameters.
 * All memory but loss, aux and gradients is free when it returns; those belong to the scope around, or to the caller.
 * @throws ShapeError where the loss is no f32 [1]. @throws NoGradientError where it depends on no parameter.
 * @example const step = valueAndGrad(device, (params, batch) => model.loss(params, batch));
 */
export function valueAndGrad<
  P extends TensorRecord,
  Args extends readonly unknown[],
  Aux = undefined,
>(
  device: Device,
  lossFunction: (params: P, ...args: Args) => LossResult<Aux>,
  { seed = 1, into }: ValueAndGradOptions<P> = {},
): (params: P, ...args: Args) => ValueAndGrad<P, Aux> {
  return (params, ...args) =>
    device.scope(() => {
      using run = vjp(device, (watched: P) => lossFunction(watched, ...args), params, { into });
      const { loss, aux } = run.output;
      assertLoss(loss);
      const dLoss =
        typeof seed === 'number' ? device.tensor([seed], loss.shape, { label: 'dloss' }) : seed;
      return { loss, aux, grads: run.pullback({ loss: dLoss }) };
    });
}

function assertLoss({ size, dtype, shape }: Tensor): void {
  if (size === 1 && dtype === 'f32') return;
  throw new ShapeError(
    `valueAndGrad: expected a loss f32[1], got ${dtype}${formatShape(shape)}. Take the mean.`,
  );
}
