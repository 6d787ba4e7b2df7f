// Specs and grids of the two launches that make a stop rule.

import { type DeviceCaps, foldGrid } from '@vulpes/tensor-core';
import { defineKernel } from '@vulpes/wgsl-kernels';
import type { BlockBoundDims } from './block-bounds.reference.ts';
import blockBoundsWgsl from './block-bounds.wgsl';
import blockMemoryWgsl from './block-memory.wgsl';
import decaySumWgsl from './decay-sum.wgsl';

export const keyBlocks = ({ keyLen, blockN }: Pick<BlockBoundDims, 'keyLen' | 'blockN'>): number =>
  Math.ceil(keyLen / blockN);

/** Key blocks of all heads. */
const items = (dims: BlockBoundDims): number => dims.batch * dims.numHeads * keyBlocks(dims);

const blockGrid = (dims: BlockBoundDims, { WG_SIZE, LANES }: { WG_SIZE: number; LANES: number }) =>
  foldGrid(Math.ceil((items(dims) * LANES) / WG_SIZE));

/** GPUs have threads to spare for the few blocks of a long text; CPU adapters pay for sharing. */
const lanes = ({ kernels }: DeviceCaps): number => (kernels === 'gpu' ? 8 : 1);

const laneBytes = ({ WG_SIZE }: { WG_SIZE: number }): number => 8 * WG_SIZE; // t_lanes

export const blockMemoryKernel = defineKernel({
  name: 'block-memory',
  source: blockMemoryWgsl,
  lib: [decaySumWgsl],
  bindings: ['k:read', 'log_lambda:read', 'memory:write'],
  params: [
    'batch:u32',
    'num_heads:u32',
    'num_kv_heads:u32',
    'key_len:u32',
    'head_vec4:u32',
    'block_n:u32',
    'blocks:u32',
  ],
  select: (_dims: BlockBoundDims, caps) => ({ WG_SIZE: 64, LANES: lanes(caps) }),
  grid: (dims, spec) => blockGrid(dims, spec),
  workgroupBytes: (spec) => laneBytes(spec),
  flops: ({ batch, numHeads, keyLen, headDim }) => 2 * batch * numHeads * keyLen * headDim,
  bytes: (dims) => {
    const { batch, numHeads, numKvHeads, keyLen, headDim } = dims;
    return batch * keyLen * (4 * numKvHeads * headDim + 8 * numHeads) + 8 * items(dims);
  },
});

export const blockBoundsKernel = defineKernel({
  name: 'block-bounds',
  source: blockBoundsWgsl,
  lib: [decaySumWgsl],
  bindings: ['memory:read', 'log_lambda:read', 'visibility:read', 'block_bounds:write'],
  params: ['batch:u32', 'num_heads:u32', 'key_len:u32', 'block_n:u32', 'blocks:u32'],
  select: ({ hasVisibility }: BlockBoundDims & { readonly hasVisibility: boolean }, caps) => ({
    WG_SIZE: 64,
    LANES: lanes(caps),
    HAS_VISIBILITY: hasVisibility,
  }),
  grid: (dims, spec) => blockGrid(dims, spec),
  workgroupBytes: (spec) => laneBytes(spec),
  // Every block before an edge: its memory, and the gates of its last key.
  bytes: (dims) => items(dims) * (8 + (16 * (keyBlocks(dims) + 1)) / 2),
});
