// Spec, grid and cost of the rotation kernel.

import { defineKernel } from '../../define-kernel.ts';
import { threadGrid } from '../../lib/vector.ts';
import ropeWgsl from './rope.wgsl';

export interface RopeDims {
  readonly batch: number;
  readonly seqLen: number;
  readonly numHeads: number;
  readonly headDim: number;
}

export const ropeKernel = defineKernel({
  name: 'rope',
  source: ropeWgsl,
  bindings: ['x:read', 'positions:read', 'table:read', 'y:write'],
  params: ['tokens:u32', 'seq_len:u32', 'num_heads:u32', 'half:u32', 'direction:f32'],
  select: (dims: RopeDims & { hasPositions: boolean }) => ({
    WG_SIZE: 64,
    HAS_POSITIONS: dims.hasPositions,
  }),
  grid: ({ batch, seqLen, headDim }, { WG_SIZE }) =>
    threadGrid((batch * seqLen * headDim) / 2, WG_SIZE),
  bytes: ({ batch, seqLen, numHeads, headDim }) => 8 * batch * seqLen * numHeads * headDim,
});
