// Spec, grid and cost of the two kernels that measure what an adapter can do.

import type { DeviceCaps } from '@vulpes/tensor-core';
import { defineKernel } from '@vulpes/wgsl-kernels';
import copyMemoryWgsl from './copy-memory.wgsl';
import multiplyAddWgsl from './multiply-add.wgsl';

/** Flops of one iteration of one thread. */
export const FLOPS_PER_ITERATION = 64;
const BYTES_PER_ELEMENT = 32;

export interface MultiplyAddDims {
  readonly threads: number;
  readonly iterations: number;
}

export interface CopyDims {
  /** vec4 elements. */
  readonly size: number;
  readonly threads: number;
}

const select = (_dims: unknown, { kernels }: Pick<DeviceCaps, 'kernels'>) => ({
  WG_SIZE: kernels === 'gpu' ? 256 : 16,
});

const grid = (
  { threads }: { readonly threads: number },
  { WG_SIZE }: { readonly WG_SIZE: number },
): [number, number, number] => [threads / WG_SIZE, 1, 1];

export const multiplyAdd = defineKernel({
  name: 'multiply-add',
  source: multiplyAddWgsl,
  bindings: ['out:write'],
  params: ['iterations:u32', 'factor:f32', 'addend:f32'],
  select,
  grid,
  flops: ({ threads, iterations }: MultiplyAddDims) => threads * iterations * FLOPS_PER_ITERATION,
});

export const copyMemory = defineKernel({
  name: 'copy-memory',
  source: copyMemoryWgsl,
  bindings: ['x:read', 'out:write'],
  params: ['size:u32', 'stride:u32'],
  select,
  grid,
  bytes: ({ size }: CopyDims) => size * BYTES_PER_ELEMENT,
});
