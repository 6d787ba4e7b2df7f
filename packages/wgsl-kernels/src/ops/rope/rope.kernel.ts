// Spec, params and grid of the rotation kernel.

import { defineKernel } from '../../define-kernel.ts';
import { threadGrid } from '../../lib/vector.ts';
import ropeWgsl from './rope.wgsl';

export interface RopeDims {
  readonly batch: number;
  readonly seqLen: number;
  readonly numHeads: number;
  readonly headDim: number;
}

interface RotationDims extends RopeDims {
  /** 1, or −1 for the gradient. */
  readonly direction: number;
}

export const ropeKernel = defineKernel({
  name: 'rope',
  source: ropeWgsl,
  bindings: ['x:read', 'positions:read?', 'table:read', 'y:write'],
  params: ({ batch, seqLen, headDim }: RotationDims) => ({
    tokens: batch * seqLen,
    half: headDim / 2,
  }),
  select: (_dims: RotationDims) => ({ WG_SIZE: 64 }),
  grid: ({ batch, seqLen, headDim }, { WG_SIZE }) =>
    threadGrid((batch * seqLen * headDim) / 2, WG_SIZE),
});
