// adamwStep: one update of one parameter, in place on the GPU.

import {
  ArgumentError,
  formatShape,
  ShapeError,
  sameShape,
  type Tensor,
} from '@vulpes/tensor-core';
import { assertDType } from '../../lib/check.ts';
import { adamwKernel } from './adamw.kernel.ts';

export interface AdamwStep {
  /** [...], f32, updated in place, as are m and v of the same shape. */
  readonly param: Tensor;
  readonly grad: Tensor;
  /** Running mean of gradients; zero before the first step. */
  readonly m: Tensor;
  /** Running mean of squared gradients; zero before the first step. */
  readonly v: Tensor;
  /** [1], multiplies the gradient; null: no clipping. */
  readonly clip: Tensor | null;
  readonly learningRate: number;
  /** Decoupled: param shrinks by learningRate · weightDecay, whatever the gradient. */
  readonly weightDecay: number;
  readonly beta1: number;
  readonly beta2: number;
  /** Added to the root of v, outside the bias correction. */
  readonly epsilon: number;
  /** 1 for the first update. */
  readonly step: number;
}

/**
 * Records one AdamW update, as `torch.optim.AdamW`.
 * @throws ShapeError DTypeError ArgumentError
 */
export function adamwStep(options: AdamwStep): void {
  assertTensors(options);
  assertNumbers(options);
  const { param, grad, m, v, clip, learningRate, weightDecay, beta1, beta2, epsilon, step } =
    options;
  adamwKernel.run(param.device, {
    dims: {
      size: param.size,
      decay: 1 - learningRate * weightDecay,
      stepSize: learningRate / (1 - beta1 ** step),
      rootCorrection: 1 / Math.sqrt(1 - beta2 ** step),
      eps: epsilon,
      oneMinusBeta1: 1 - beta1,
      beta2,
      oneMinusBeta2: 1 - beta2,
    },
    tensors: { param, grad, m, v, clip },
  });
}

function assertTensors({ param, grad, m, v, clip }: AdamwStep): void {
  for (const [name, tensor] of Object.entries({ param, grad, m, v })) {
    assertDType('adamwStep', name, tensor, 'f32');
    if (sameShape(tensor.shape, param.shape)) continue;
    throw new ShapeError(
      `adamwStep: expected ${name} ${formatShape(param.shape)} to match param ${param.label}, got ${formatShape(tensor.shape)}.`,
    );
  }
  if (!clip) return;
  assertDType('adamwStep', 'clip', clip, 'f32');
  if (clip.size === 1) return;
  throw new ShapeError(`adamwStep: expected clip [1], got ${formatShape(clip.shape)}.`);
}

function assertNumbers({
  learningRate,
  weightDecay,
  beta1,
  beta2,
  epsilon,
  step,
}: AdamwStep): void {
  const requirements: readonly (readonly [string, number, boolean, string])[] = [
    ['learningRate', learningRate, learningRate >= 0, 'at least 0'],
    ['weightDecay', weightDecay, weightDecay >= 0, 'at least 0'],
    ['beta1', beta1, beta1 >= 0 && beta1 < 1, 'in [0, 1)'],
    ['beta2', beta2, beta2 >= 0 && beta2 < 1, 'in [0, 1)'],
    ['epsilon', epsilon, epsilon >= 0, 'at least 0'],
    ['step', step, Number.isInteger(step) && step >= 1, 'an integer, 1 for the first update'],
  ];
  for (const [name, value, isGood, expected] of requirements) {
    if (isGood && Number.isFinite(value)) continue;
    throw new ArgumentError(`adamwStep: expected ${name} ${expected}, got ${value}.`);
  }
}
