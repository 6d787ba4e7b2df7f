// The norm of all gradients together, and the factor that clips it. Everything stays on the GPU, the same bits every time.

import { ArgumentError, type Tensor } from '@vulpes/tensor-core';
import { assertDType } from '../../lib/check.ts';
import { sumRows } from '../sum-rows/index.ts';
import { clipCoefficientKernel, root, squareSumParts, squareSums } from './global-norm.kernel.ts';

/**
 * sqrt(Σ x²) over every element of every tensor; without a gradient.
 * @param tensors - f32, any shapes, at least one
 * @returns [1], owned by the scope
 * @throws ArgumentError DTypeError
 */
export function globalNorm(tensors: readonly Tensor[]): Tensor {
  const device = tensors[0]?.device;
  if (!device) throw new ArgumentError('globalNorm: expected at least one tensor, got none.');
  for (const tensor of tensors) assertDType('globalNorm', tensor.label, tensor, 'f32');
  return device.scope(() => {
    const sum = sumRows(partialSums(tensors), 1);
    const norm = device.empty([1], { label: 'global norm' });
    root.run(device, { dims: {}, tensors: { sum, norm } });
    return norm;
  });
}

/** Sums of squares of all tensors side by side, in their order. */
function partialSums(tensors: readonly Tensor[]): Tensor {
  const { device } = tensors[0] as Tensor;
  const total = tensors.reduce((count, { size }) => count + squareSumParts(size), 0);
  const partials = device.empty([total], { label: 'sums of squares' });
  let firstPart = 0;
  for (const x of tensors) {
    squareSums.run(device, { dims: { size: x.size, firstPart }, tensors: { x, partials } });
    firstPart += squareSumParts(x.size);
  }
  return partials;
}

/**
 * min(1, maxNorm / (norm + 1e-6)), as `torch.nn.utils.clip_grad_norm_`; without a gradient.
 * @param norm - [1], f32
 * @param maxNorm - above 0
 * @returns [1], owned by the scope
 * @throws ArgumentError DTypeError
 */
export function clipCoefficient(norm: Tensor, maxNorm: number): Tensor {
  assertDType('clipCoefficient', 'norm', norm, 'f32');
  if (!(maxNorm > 0 && Number.isFinite(maxNorm))) {
    throw new ArgumentError(
      `clipCoefficient: expected a finite maxNorm above 0, got ${maxNorm}. Leave clipping out to switch it off.`,
    );
  }
  const coefficient = norm.device.empty([1], { label: 'clip coefficient' });
  clipCoefficientKernel.run(norm.device, { dims: { maxNorm }, tensors: { norm, coefficient } });
  return coefficient;
}
