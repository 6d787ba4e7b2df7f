// Spec, grid and cost of the global norm's kernels.

import { foldGrid } from '@vulpes/tensor-core';
import { defineKernel } from '../../define-kernel.ts';
import elemSumWgsl from '../../lib/elem-sum.wgsl';
import { elemType, vectorWidth } from '../../lib/vector.ts';
import clipCoefficientWgsl from './clip-coefficient.wgsl';
import rootWgsl from './root.wgsl';
import squareSumsWgsl from './square-sums.wgsl';

export interface SquareSumsDims {
  /** Elements of the tensor. */
  readonly size: number;
}

/** A GPU's workgroup adds 1,024 Elems; on a CPU one thread does, since workgroup barriers are slow there. */
const SPECS = {
  gpu: { WG_SIZE: 64, PER_THREAD: 16 },
  software: { WG_SIZE: 1, PER_THREAD: 1024 },
} as const;
const ELEMS_PER_PART = 1024;

/** Sums that `squareSums` leaves of a tensor of `size` elements. */
export const squareSumParts = (size: number): number =>
  Math.ceil(size / vectorWidth(size) / ELEMS_PER_PART);

export const squareSums = defineKernel({
  name: 'square-sums',
  source: squareSumsWgsl,
  lib: [elemSumWgsl],
  bindings: ['x:read', 'partials:write'],
  params: ['size:u32', 'parts:u32', 'first_part:u32'],
  select: ({ size }: SquareSumsDims, { kernels }) => ({
    ...SPECS[kernels],
    WIDTH: vectorWidth(size),
    Elem: elemType(vectorWidth(size)),
  }),
  grid: ({ size }) => foldGrid(squareSumParts(size)),
  flops: ({ size }) => 2 * size,
  bytes: ({ size }) => 4 * (size + squareSumParts(size)),
});

export const root = defineKernel({
  name: 'root',
  source: rootWgsl,
  bindings: ['sum:read', 'norm:write'],
  params: [],
  select: (_dims: null) => ({}),
  grid: () => [1, 1, 1],
});

export const clipCoefficientKernel = defineKernel({
  name: 'clip-coefficient',
  source: clipCoefficientWgsl,
  bindings: ['norm:read', 'coefficient:write'],
  params: ['max_norm:f32'],
  select: (_dims: null) => ({}),
  grid: () => [1, 1, 1],
});
