// `struct Params` of both matmul kernels.

import { kPerSplit, type MatmulDims } from './plan.ts';

export const MATMUL_BINDINGS = ['a:read', 'b:read', 'bias:read', 'c:write'] as const;

export const MATMUL_PARAMS = [
  'm:u32',
  'n:u32',
  'k:u32',
  'batch:u32',
  'splits:u32',
  'k_split:u32',
  'lda:u32',
  'ldb:u32',
  'ldc:u32',
  'stride_a:u32',
  'stride_b:u32',
  'stride_c:u32',
  'offset_a:u32',
  'offset_b:u32',
  'offset_c:u32',
] as const;

export const matmulParams = (dims: MatmulDims) => ({
  m: dims.m,
  n: dims.n,
  k: dims.k,
  batch: dims.batch,
  splits: dims.splits,
  k_split: kPerSplit(dims.k, dims.splits),
  lda: dims.lda,
  ldb: dims.ldb,
  ldc: dims.ldc,
  stride_a: dims.strideA,
  stride_b: dims.strideB,
  stride_c: dims.strideC,
  offset_a: dims.offsetA,
  offset_b: dims.offsetB,
  offset_c: dims.offsetC,
});

export const matmulFlops = ({ m, n, k, batch }: MatmulDims): number => 2 * m * n * k * batch;

/** Every matrix once, f32. */
export const matmulBytes = ({ m, n, k, batch }: MatmulDims): number =>
  4 * batch * (m * k + k * n + m * n);
