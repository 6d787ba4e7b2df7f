// Specs and grids of the two launches that make a stop rule.

import { type DeviceCaps, type DType, defineVariants, foldGrid } from '@vulpes/tensor-core';
import { avoidBarriersOnCpu, defineKernel } from '@vulpes/wgsl-kernels';
import type { BlockBoundDims } from './block-bounds.reference.ts';
import blockBoundsWgsl from './block-bounds.wgsl';
import blockDecaySumsWgsl from './block-decay-sums.wgsl';
import decaySumWgsl from './decay-sum.wgsl';

export const keyBlocks = ({ keyLen, blockN }: Pick<BlockBoundDims, 'keyLen' | 'blockN'>): number =>
  Math.ceil(keyLen / blockN);

/** Key blocks of all heads. */
const items = (dims: BlockBoundDims): number => dims.batch * dims.numHeads * keyBlocks(dims);

const blockGrid = (dims: BlockBoundDims, { WG_SIZE, LANES }: { WG_SIZE: number; LANES: number }) =>
  foldGrid(Math.ceil((items(dims) * LANES) / WG_SIZE));

/** Threads that share a key block: a GPU has threads to spare for the few blocks of a long text. Both kernels are one text. */
export const blockBoundsVariants = defineVariants<BlockBoundDims, { readonly lanes: number }>(
  'block-bounds',
  [
    { name: 'tiled', lanes: 8, avoid: avoidBarriersOnCpu },
    { name: 'scalar', lanes: 1 },
  ],
);

const select = (dims: BlockBoundDims, caps: DeviceCaps) => ({
  WG_SIZE: 64,
  LANES: blockBoundsVariants.choose(caps, dims).lanes,
});

const params = (dims: BlockBoundDims) => ({ blocks: keyBlocks(dims) });

const laneBytes = ({ WG_SIZE }: { WG_SIZE: number }): number => 8 * WG_SIZE; // t_lanes

interface DecaySumDims extends BlockBoundDims {
  /** Of the keys: f32 or f16. */
  readonly dtype: DType;
}

export const blockDecaySumsKernel = defineKernel({
  name: 'block-decay-sums',
  source: blockDecaySumsWgsl,
  lib: [decaySumWgsl],
  bindings: ['k:read', 'log_lambda:read', 'decay_sums:write'],
  params: (dims: DecaySumDims) => ({ ...params(dims), head_vec4: dims.headDim / 4 }),
  select: (dims: DecaySumDims, caps: DeviceCaps) => ({
    ...select(dims, caps),
    VectorK: `vec4<${dims.dtype}>`,
  }),
  grid: blockGrid,
  workgroupBytes: laneBytes,
});

export const blockBoundsKernel = defineKernel({
  name: 'block-bounds',
  source: blockBoundsWgsl,
  lib: [decaySumWgsl],
  bindings: ['decay_sums:read', 'log_lambda:read', 'visibility:read?', 'block_bounds:write'],
  params,
  select,
  grid: blockGrid,
  workgroupBytes: laneBytes,
});
