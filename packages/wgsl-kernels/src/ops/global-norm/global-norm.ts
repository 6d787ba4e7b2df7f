// The norm of all gradients together. Everything stays on the GPU, the same bits every time.

import { ArgumentError, type Tensor } from '@vulpes/tensor-core';
import { assertDType } from '../../lib/check.ts';
import { sumRows } from '../sum-rows/index.ts';
import { root, squareSumParts, squareSums } from './global-norm.kernel.ts';

/**
 * sqrt(Σ x²) over every element of every tensor; without a gradient. Three or four launches, and one more for each further tensor.
 *
 * A tensor of a multiple of 4 elements is summed in parts of 4,096. So a slab, whose tensors begin at multiples of 4,096 with zeros
 * between them, has the bits of its tensors one by one if each has a multiple of 4 elements. A tensor of any other size is summed in
 * parts of 1,024: there the two agree to rounding.
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
