// stepControl: what the GPU decides of an update. The host hears of it later, or never.

import { formatShape, ShapeError, type Tensor } from '@vulpes/tensor-core';
import { assertDType } from '../../lib/check.ts';
import { stepControlKernel } from './step-control.kernel.ts';
import { STEP_NUMBERS } from './step-numbers.ts';

/** Where the fields of a control tensor are; what they mean: `stepControl`. */
export const STEP_CONTROL = {
  skip: 0,
  factor: 1,
  decay: 2,
  stepSize: 3,
  rootCorrection: 4,
  gradNorm: 5,
  lossScale: 6,
  skipped: 7,
} as const;

export interface StepControlInputs {
  /** [1], f32: the norm of gradients that are multiplied by the loss scale. */
  readonly norm: Tensor;
  /** [13], f32, from `stepNumbers`. */
  readonly numbers: Tensor;
  /** [4], f32, at first from `initialStepState`; updated in place. */
  readonly state: Tensor;
}

/**
 * Decides one update; without a gradient. S is the loss scale of `state`.
 *
 * A finite norm: factor = min(1, maxGradNorm / (norm / S + 1e-6)) / S, and S doubles (to 2^24 at most) after `growthInterval` good steps.
 * Any other: skip = 1, factor = 0, and S halves (to 1 at least). Without `growthInterval` S stays.
 * step size and root correction are those of the updates made: fewer than the host believes, where it has not heard of a skip (three at most).
 * @returns [8], f32, owned by the scope: skip (0 or 1), factor (multiplies the gradient), decay, step size, root correction,
 *   norm / S (not finite where the update is skipped), the S that these gradients carried, skipped updates with this one
 * @throws DTypeError ShapeError
 */
export function stepControl({ norm, numbers, state }: StepControlInputs): Tensor {
  assertVector('norm', norm, 1);
  assertVector('numbers', numbers, STEP_NUMBERS);
  assertVector('state', state, 4);
  const control = norm.device.empty([8], { label: 'step control' });
  stepControlKernel.run(norm.device, { dims: {}, tensors: { norm, numbers, state, control } });
  return control;
}

function assertVector(name: string, tensor: Tensor, size: number): void {
  assertDType('stepControl', name, tensor, 'f32');
  if (tensor.size === size) return;
  throw new ShapeError(
    `stepControl: expected ${name} [${size}], got ${formatShape(tensor.shape)}. ${REMEDIES[name]}`,
  );
}

const REMEDIES: Readonly<Record<string, string>> = {
  norm: 'Give the norm of all gradients, from globalNorm.',
  numbers: 'Upload what stepNumbers returns.',
  state: 'Upload what initialStepState returns.',
};
