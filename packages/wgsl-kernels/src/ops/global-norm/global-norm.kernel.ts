// Spec, params and grid of the global norm's kernels.

import { type DeviceCaps, defineVariants, foldGrid } from '@vulpes/tensor-core';
import { defineKernel } from '../../define-kernel.ts';
import { avoidBarriersOnCpu } from '../../lib/prefer.ts';
import { vectorType, vectorWidth } from '../../lib/vector.ts';
import vectorSumWgsl from '../../lib/vector-sum.wgsl';
import rootWgsl from './root.wgsl';
import squareSumsWgsl from './square-sums.wgsl';

export interface SquareSumsDims {
  /** Elements of the tensor. */
  readonly size: number;
  /** Where its sums begin among those of all tensors. */
  readonly firstPart: number;
}

/** A workgroup adds 1,024 vectors, `tiled` with 64 threads, `scalar` with one. Both are one text. */
export const squareSumsVariants = defineVariants<
  SquareSumsDims,
  { readonly spec: { readonly WG_SIZE: number; readonly PER_THREAD: number } }
>('square-sums', [
  { name: 'tiled', spec: { WG_SIZE: 64, PER_THREAD: 16 }, avoid: avoidBarriersOnCpu },
  { name: 'scalar', spec: { WG_SIZE: 1, PER_THREAD: 1024 } },
]);
const ELEMS_PER_PART = 1024;

/** Sums that `squareSums` leaves of a tensor of `size` elements. */
export const squareSumParts = (size: number): number =>
  Math.ceil(size / vectorWidth(size) / ELEMS_PER_PART);

export const squareSums = defineKernel({
  name: 'square-sums',
  source: squareSumsWgsl,
  lib: [vectorSumWgsl],
  bindings: ['x:read', 'partials:write'],
  params: ({ size }: SquareSumsDims) => ({
    size: size / vectorWidth(size),
    parts: squareSumParts(size),
  }),
  select: (dims: SquareSumsDims, caps: DeviceCaps) => ({
    ...squareSumsVariants.choose(caps, dims).spec,
    WIDTH: vectorWidth(dims.size),
    Vector: vectorType(vectorWidth(dims.size)),
  }),
  grid: ({ size }) => foldGrid(squareSumParts(size)),
});

export const root = defineKernel({
  name: 'root',
  source: rootWgsl,
  bindings: ['sum:read', 'norm:write'],
  select: (_dims: Record<string, never>) => ({}),
  grid: () => [1, 1, 1],
});
