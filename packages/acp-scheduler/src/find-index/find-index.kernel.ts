// Params, spec and grid of the boundary search kernel.

import { foldGrid } from '@vulpes/tensor-core';
import { defineKernel } from '@vulpes/wgsl-kernels';
import type { SearchDims } from './find-index.reference.ts';
import findIndexWgsl from './find-index.wgsl';

export interface FindIndexDims extends SearchDims {
  /** Elements of the threshold from one sequence, or head, to the next; 0 where all share it. */
  readonly thresholdStrideB: number;
  readonly thresholdStrideH: number;
  /** The threshold is factor · what is given + constant. */
  readonly factor: number;
  readonly constant: number;
}

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
  params: (dims: FindIndexDims) => ({
    block_m: dims.blocks.blockM,
    block_n: dims.blocks.blockN,
    query_blocks: queryBlockCount(dims),
    key_blocks: keyBlockCount(dims),
  }),
  select: (_dims: FindIndexDims) => ({ WG_SIZE: 64 }),
  grid: (dims, spec) => foldGrid(Math.ceil(threads(dims) / spec.WG_SIZE)),
});
