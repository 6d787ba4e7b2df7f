// Second pass of a matmul whose K was split.

import { foldGrid } from '@vulpes/tensor-core';
import { defineKernel } from '../../define-kernel.ts';
import type { MatmulDims } from './plan.ts';
import sumSplitsWgsl from './sum-splits.wgsl';

export const sumSplits = defineKernel({
  name: 'matmul-sum-splits',
  source: sumSplitsWgsl,
  bindings: ['partials:read', 'bias:read?', 'c:write'],
  select: (dims: MatmulDims) => ({
    WG_SIZE: 64,
    ACCUMULATE: dims.accumulate,
    StoredC: dims.dtypeC,
  }),
  grid: ({ m, n, batch }, spec) => foldGrid(Math.ceil((m * n * batch) / spec.WG_SIZE)),
});
