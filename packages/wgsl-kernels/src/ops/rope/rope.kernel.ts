// Spec, params and grid of the rotation kernel.

import type { DType } from '@vulpes/tensor-core';
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
  /** f32 or f16. */
  readonly dtype: DType;
}

export const ropeKernel = defineKernel({
  name: 'rope',
  source: ropeWgsl,
  bindings: ['x:read', 'positions:read?', 'table:read', 'y:write'],
  params: ({ batch, seqLen, headDim }: RotationDims) => ({
    tokens: batch * seqLen,
    half: headDim / 2,
  }),
  select: ({ dtype }: RotationDims) => ({ WG_SIZE: 64, X: dtype }),
  grid: ({ batch, seqLen, headDim }, { WG_SIZE }) =>
    threadGrid((batch * seqLen * headDim) / 2, WG_SIZE),
});
