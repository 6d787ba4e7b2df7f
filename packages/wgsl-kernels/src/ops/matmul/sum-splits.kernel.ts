// Second pass of a matmul whose K was split.

import { foldGrid } from '@vulpes/tensor-core';
import { defineKernel } from '../../define-kernel.ts';
import type { MatmulDims } from './plan.ts';
import sumSplitsWgsl from './sum-splits.wgsl';

export const sumSplits = defineKernel({
  name: 'matmul-sum-splits',
  source: sumSplitsWgsl,
  bindings: ['partials:read', 'bias:read', 'c:write'],
  params: ['m:u32', 'n:u32', 'batch:u32', 'splits:u32', 'ldc:u32', 'stride_c:u32', 'offset_c:u32'],
  select: (dims: MatmulDims) => ({
    WG_SIZE: 64,
    HAS_BIAS: dims.hasBias,
    ACCUMULATE: dims.accumulate,
  }),
  grid: ({ m, n, batch }, spec) => foldGrid(Math.ceil((m * n * batch) / spec.WG_SIZE)),
  flops: ({ m, n, batch, splits }) => m * n * batch * splits,
  bytes: ({ m, n, batch, splits }) => 4 * m * n * batch * (splits + 1),
});
