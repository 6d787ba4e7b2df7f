// The kernels that turn each row's first kept key into kept blocks, one thread a block.

import { foldGrid } from '@vulpes/tensor-core';
import { defineKernel } from '@vulpes/wgsl-kernels';
import keptEndWgsl from './kept-end.wgsl';
import keptStartWgsl from './kept-start.wgsl';

const shared = {
  params: ['heads:u32', 'query_len:u32', 'key_len:u32', 'block_m:u32', 'block_n:u32'],
  select: (_dims: { readonly items: number }) => ({ WG_SIZE: 64 }),
  grid: ({ items }: { readonly items: number }, { WG_SIZE }: { WG_SIZE: number }) =>
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
