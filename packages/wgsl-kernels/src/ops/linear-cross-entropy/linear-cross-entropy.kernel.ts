// Spec, grid and cost of the cross-entropy kernels. The logits themselves are a matmul.

import { foldGrid } from '@vulpes/tensor-core';
import { defineKernel } from '../../define-kernel.ts';
import { threadGrid } from '../../lib/vector.ts';
import countedFlagsWgsl from './counted-flags.wgsl';
import rowWgsl from './cross-entropy-row.wgsl';
import registerWgsl from './cross-entropy-rows.register.wgsl';
import workgroupWgsl from './cross-entropy-rows.workgroup.wgsl';
import meanLossWgsl from './mean-loss.wgsl';

export interface CrossEntropyDims {
  /** Rows of this chunk. */
  readonly rows: number;
  readonly vocab: number;
  readonly needsGrad: boolean;
}

const bindings = [
  'logits:read_write',
  'labels:read',
  'count:read',
  'loss_per_token:write',
] as const;

const params = [
  'rows:u32',
  'vocab:u32',
  'vectors:u32',
  'first_row:u32',
  'ignore_index:i32',
  'nan_bits:u32',
] as const;

/** The logits twice, or three times and written once. */
const bytes = ({ rows, vocab, needsGrad }: CrossEntropyDims) =>
  4 * rows * vocab * (needsGrad ? 4 : 2);

export const crossEntropyRowsRegister = defineKernel({
  name: 'cross-entropy-rows-register',
  source: registerWgsl,
  lib: [rowWgsl],
  bindings,
  params,
  select: ({ needsGrad }: CrossEntropyDims) => ({ WG_SIZE: 16, NEEDS_GRAD: needsGrad }),
  grid: ({ rows }, { WG_SIZE }) => threadGrid(rows, WG_SIZE),
  bytes,
});

export const crossEntropyRowsWorkgroup = defineKernel({
  name: 'cross-entropy-rows-workgroup',
  source: workgroupWgsl,
  lib: [rowWgsl],
  bindings,
  params,
  select: ({ vocab, needsGrad }: CrossEntropyDims) => ({
    WG_SIZE: vocab <= 512 ? 64 : 256,
    NEEDS_GRAD: needsGrad,
  }),
  grid: ({ rows }) => foldGrid(rows),
  workgroupBytes: ({ WG_SIZE }) => WG_SIZE * 4, // t_values
  bytes,
});

export const countedFlags = defineKernel({
  name: 'counted-flags',
  source: countedFlagsWgsl,
  bindings: ['labels:read', 'flags:write'],
  params: ['rows:u32', 'ignore_index:i32'],
  select: (_dims: { rows: number }) => ({ WG_SIZE: 64 }),
  grid: ({ rows }, { WG_SIZE }) => threadGrid(rows, WG_SIZE),
  bytes: ({ rows }) => 8 * rows,
});

export const meanLoss = defineKernel({
  name: 'mean-loss',
  source: meanLossWgsl,
  bindings: ['sum:read', 'count:read', 'loss:write'],
  params: [],
  select: (_dims: null) => ({}),
  grid: () => [1, 1, 1],
});
