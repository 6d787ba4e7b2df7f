// The kernel that turns each row's first kept key into kept blocks, one workgroup a head.

import { foldGrid } from '@vulpes/tensor-core';
import { type BlockSizes, defineKernel, wgslParts } from '@vulpes/wgsl-kernels';
import type { AttentionDims } from '../dims.ts';
import keptBlocksWgsl from './kept-blocks.wgsl';

export const keptBlocksKernel = defineKernel({
  name: 'attention-kept-blocks',
  source: keptBlocksWgsl,
  lib: [wgslParts.seenBlocks],
  bindings: [
    ...(['row_stats:read', 'visibility:read?', 'start_index:write'] as const),
    ...(['end_index:write', 'counts:write'] as const),
  ],
  select: (_dims: AttentionDims & BlockSizes) => ({ WG_SIZE: 256 }),
  grid: ({ batch, numHeads }) => foldGrid(batch * numHeads),
  workgroupBytes: () =>
    4 + // t_kept
    4, // t_visible
});
