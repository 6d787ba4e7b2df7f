// The kernels of products whose A has few rows: sums over a subgroup, or over workgroup memory where there are none.

import { type DeviceCaps, foldGrid } from '@vulpes/tensor-core';
import { defineKernel } from '../../define-kernel.ts';
import groupSumsSubgroupWgsl from '../../lib/group-sums.subgroup.wgsl';
import groupSumsTiledWgsl from '../../lib/group-sums.tiled.wgsl';
import { countGroups, type FewRowsSpec, selectFewRowsSpec } from './few-rows.ts';
import matmulFewRowsWgsl from './matmul-few-rows.wgsl';
import { MATMUL_BINDINGS } from './params.ts';
import type { MatmulDims } from './plan.ts';

/** Threads of a workgroup where the size of a subgroup is not known. */
const TILED_THREADS = 64;

const shape = {
  source: matmulFewRowsWgsl,
  bindings: MATMUL_BINDINGS,
  grid: (dims: MatmulDims, spec: FewRowsSpec) => foldGrid(countGroups(dims, spec)),
} as const;

/** One subgroup is a workgroup: the device's subgroups must have one size. */
export const fewRowsSubgroup = defineKernel({
  ...shape,
  name: 'matmul-few-rows.subgroup',
  lib: [groupSumsSubgroupWgsl],
  select: (dims: MatmulDims, caps: DeviceCaps) => selectFewRowsSpec(dims, caps.subgroupMaxSize),
});

export const fewRowsTiled = defineKernel({
  ...shape,
  name: 'matmul-few-rows.tiled',
  lib: [groupSumsTiledWgsl],
  select: (dims: MatmulDims) => selectFewRowsSpec(dims, TILED_THREADS),
  workgroupBytes: ({ M, ROWS_B, WG_SIZE }) => 4 * M * ROWS_B * WG_SIZE,
});
