// Spec, grid and cost of the boundary search kernel.

import { foldGrid } from '@vulpes/tensor-core';
import { defineKernel } from '@vulpes/wgsl-kernels';
import type { SearchDims } from './find-index.reference.ts';
import findIndexWgsl from './find-index.wgsl';

export const queryBlockCount = ({ queryLen, blocks }: SearchDims): number =>
  Math.ceil(queryLen / blocks.blockM);

export const keyBlockCount = ({ keyLen, blocks }: SearchDims): number =>
  Math.ceil(keyLen / blocks.blockN);

const threads = (dims: SearchDims): number =>
  dims.batch * dims.numHeads * (queryBlockCount(dims) + keyBlockCount(dims));

export const findIndex = defineKernel({
  name: 'find-index',
  source: findIndexWgsl,
  bindings: ['log_lambda:read', 'threshold:read', 'start_index:write', 'end_index:write'],
  params: [
    'batch:u32',
    'num_heads:u32',
    'query_len:u32',
    'key_len:u32',
    'block_m:u32',
    'block_n:u32',
    'query_blocks:u32',
    'key_blocks:u32',
    'threshold_stride_b:u32',
    'threshold_stride_h:u32',
  ],
  select: (_dims: SearchDims) => ({ WG_SIZE: 64 }),
  grid: (dims, spec) => foldGrid(Math.ceil(threads(dims) / spec.WG_SIZE)),
  // A search reads its own position's logLambda, one number a halving, and writes one index.
  bytes: (dims) => threads(dims) * (12 + 8 * Math.ceil(Math.log2(keyBlockCount(dims) + 1))),
});
