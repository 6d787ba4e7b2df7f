// Spec and grid of the block counts.

import { foldGrid } from '@vulpes/tensor-core';
import { type BlockSizes, defineKernel, wgslParts } from '@vulpes/wgsl-kernels';
import pruningCountsWgsl from './pruning-counts.wgsl';

export interface PruningCountsDims extends BlockSizes {
  readonly batch: number;
  readonly numHeads: number;
  readonly queryLen: number;
  readonly keyLen: number;
  readonly queryBlocks: number;
}

export const pruningCountsKernel = defineKernel({
  name: 'pruning-counts',
  source: pruningCountsWgsl,
  lib: [wgslParts.seenBlocks],
  bindings: ['start_index:read', 'visibility:read?', 'counts:write'],
  select: (_dims: PruningCountsDims) => ({ WG_SIZE: 64 }),
  grid: ({ batch, numHeads }) => foldGrid(batch * numHeads),
  workgroupBytes: () =>
    4 + // t_kept
    4, // t_visible
});
