// Second pass of a matmul whose K was split.

import { defineKernel } from '../../define-kernel.ts';
import { threadGrid, vectorType } from '../../lib/vector.ts';
import { isAligned, type MatmulDims } from './plan.ts';
import sumSplitsWgsl from './sum-splits.wgsl';

/** Elements a thread: rows of C have to be whole vectors. */
const widthOf = ({ n, ldc, strideC, offsetC }: MatmulDims): 1 | 4 =>
  isAligned(n, ldc, strideC, offsetC) ? 4 : 1;

export const sumSplits = defineKernel({
  name: 'matmul-sum-splits',
  source: sumSplitsWgsl,
  bindings: ['partials:read', 'bias:read?', 'c:write'],
  params: (dims: MatmulDims) => {
    const width = widthOf(dims);
    return {
      columns: dims.n / width,
      row_vectors: dims.ldc / width,
      matrix_vectors: dims.strideC / width,
      first_vector: dims.offsetC / width,
    };
  },
  select: (dims: MatmulDims) => ({
    WG_SIZE: 64,
    ACCUMULATE: dims.accumulate,
    Vector: vectorType(widthOf(dims)),
    StoredC: vectorType(widthOf(dims), dims.dtypeC),
  }),
  grid: (dims, spec) => threadGrid((dims.m * dims.n * dims.batch) / widthOf(dims), spec.WG_SIZE),
});
