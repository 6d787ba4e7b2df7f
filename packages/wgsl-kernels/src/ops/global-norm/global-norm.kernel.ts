// Spec, grid and cost of the global norm's kernels.

import { defineKernel } from '../../define-kernel.ts';
import elemSumWgsl from '../../lib/elem-sum.wgsl';
import { elemType, threadGrid, vectorWidth } from '../../lib/vector.ts';
import clipCoefficientWgsl from './clip-coefficient.wgsl';
import rootWgsl from './root.wgsl';
import squareSumsWgsl from './square-sums.wgsl';

export interface SquareSumsDims {
  /** Elements of the tensor. */
  readonly size: number;
  readonly parts: number;
}

/** Threads that share a tensor: at least 64 elements each, at most enough to fill a GPU. */
export const squareSumParts = (size: number): number => Math.min(1024, Math.ceil(size / 64));

export const squareSums = defineKernel({
  name: 'square-sums',
  source: squareSumsWgsl,
  lib: [elemSumWgsl],
  bindings: ['x:read', 'partials:write'],
  params: ['size:u32', 'parts:u32', 'first_part:u32'],
  select: ({ size }: SquareSumsDims) => ({
    WG_SIZE: 64,
    WIDTH: vectorWidth(size),
    Elem: elemType(vectorWidth(size)),
  }),
  grid: ({ parts }, { WG_SIZE }) => threadGrid(parts, WG_SIZE),
  flops: ({ size }) => 2 * size,
  bytes: ({ size, parts }) => 4 * (size + parts),
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
