// The kernels that turn each row's first kept key into kept blocks, one thread a block.

import { foldGrid } from '@vulpes/tensor-core';
import { type BlockSizes, defineKernel } from '@vulpes/wgsl-kernels';
import keptEndWgsl from './kept-end.wgsl';
import keptStartWgsl from './kept-start.wgsl';

interface KeptDims extends BlockSizes {
  /** Blocks, one a thread. */
  readonly items: number;
  /** B · H */
  readonly heads: number;
  readonly queryLen: number;
  readonly keyLen: number;
}

const shared = {
  select: (_dims: KeptDims) => ({ WG_SIZE: 64 }),
  grid: ({ items }: KeptDims, { WG_SIZE }: { WG_SIZE: number }) =>
    foldGrid(Math.ceil(items / WG_SIZE)),
} as const;

export const keptStartKernel = defineKernel({
  ...shared,
  name: 'attention-kept-start',
  source: keptStartWgsl,
  bindings: ['row_stats:read', 'start_index:write'],
});

export const keptEndKernel = defineKernel({
  ...shared,
  name: 'attention-kept-end',
  source: keptEndWgsl,
  bindings: ['start_index:read', 'end_index:write'],
});
