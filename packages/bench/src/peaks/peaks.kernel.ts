// Spec, grid and cost of the two kernels that measure what an adapter can do.

import { defineKernel } from '@vulpes/wgsl-kernels';
import copyMemoryWgsl from './copy-memory.wgsl';
import multiplyAddWgsl from './multiply-add.wgsl';

/** Steps that an iteration of the loop does: those of the kernel's marked part, repeated. */
export const UNROLLED_STEPS = 32;
const REPEATS = UNROLLED_STEPS / 8;
/** Each chain goes to 2, slowly: hundreds of steps can be told from each other. */
export const FACTOR = 1 - 2 ** -6;
export const ADDEND = 2 ** -5;
const FLOPS_PER_CHAIN_STEP = 8;

export interface MultiplyAddDims {
  readonly threads: number;
  /** Multiply-adds of each chain, a multiple of `UNROLLED_STEPS`. */
  readonly steps: number;
  /** Of four lanes in each thread: 2 or 8. */
  readonly chains: number;
  readonly workgroupSize: number;
}

/** FLOPs of a launch. */
export const countFlops = ({ threads, steps, chains }: MultiplyAddDims): number =>
  threads * steps * chains * FLOPS_PER_CHAIN_STEP;

export interface CopyDims {
  /** vec4 elements. */
  readonly size: number;
  readonly threads: number;
  readonly workgroupSize: number;
}

const workgroups = (threads: number, { WG_SIZE }: { readonly WG_SIZE: number }) =>
  [threads / WG_SIZE, 1, 1] as const;

export const multiplyAdd = defineKernel({
  name: 'multiply-add',
  source: multiplyAddWgsl.replace(/\/\/ @repeat\n(.*?)\/\/ @end-repeat\n/s, (_, part: string) =>
    part.repeat(REPEATS),
  ),
  bindings: ['out:write'],
  // A step is value * factor + addend.
  params: (_: MultiplyAddDims) => ({ factor: FACTOR, addend: ADDEND }),
  select: ({ chains, workgroupSize }: MultiplyAddDims) => ({
    WG_SIZE: workgroupSize,
    IS_WIDE: chains === 8,
  }),
  grid: ({ threads }, spec) => workgroups(threads, spec),
});

export const copyMemory = defineKernel({
  name: 'copy-memory',
  source: copyMemoryWgsl,
  bindings: ['x:read', 'out:write'],
  params: ({ threads }: CopyDims) => ({ stride: threads }),
  select: ({ workgroupSize }: CopyDims) => ({ WG_SIZE: workgroupSize }),
  grid: ({ threads }: CopyDims, spec) => workgroups(threads, spec),
});
