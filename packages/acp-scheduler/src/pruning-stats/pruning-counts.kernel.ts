// Spec and grid of the block counts.

import { foldGrid } from '@vulpes/tensor-core';
import { defineKernel } from '@vulpes/wgsl-kernels';
import pruningCountsWgsl from './pruning-counts.wgsl';

export interface PruningCountsDims {
  readonly batch: number;
  readonly numHeads: number;
  readonly hasVisibility: boolean;
}

export const pruningCountsKernel = defineKernel({
  name: 'pruning-counts',
  source: pruningCountsWgsl,
  bindings: ['start_index:read', 'visibility:read', 'counts:write'],
  params: [
    'batch:u32',
    'num_heads:u32',
    'query_len:u32',
    'key_len:u32',
    'block_m:u32',
    'block_n:u32',
    'query_blocks:u32',
  ],
  select: ({ hasVisibility }: PruningCountsDims) => ({
    WG_SIZE: 64,
    HAS_VISIBILITY: hasVisibility,
  }),
  grid: ({ batch, numHeads }) => foldGrid(batch * numHeads),
  workgroupBytes: () =>
    4 + // t_kept
    4, // t_visible
});
