// Spec, params and grid of the AdamW kernel.

import { defineKernel } from '../../define-kernel.ts';
import stepControlStruct from '../../lib/step-control.wgsl';
import { threadGrid, vectorType, vectorWidth } from '../../lib/vector.ts';
import adamwWgsl from './adamw.wgsl';
import { DECAY_BLOCK } from './decay-blocks.ts';

export interface AdamwDims {
  /** Elements of the slab. */
  readonly size: number;
  readonly eps: number;
  readonly oneMinusBeta1: number;
  readonly beta2: number;
  readonly oneMinusBeta2: number;
  /** Whether an f16 copy of the parameters is written. */
  readonly hasHalf: boolean;
}

export const adamwKernel = defineKernel({
  name: 'adamw',
  source: adamwWgsl,
  lib: [stepControlStruct],
  bindings: [
    ...(['param:read_write', 'm:read_write', 'v:read_write'] as const),
    ...(['half:write?', 'grad:read', 'control:read', 'decay_blocks:read'] as const),
  ],
  params: ({ size }: AdamwDims) => ({ size: size / vectorWidth(size) }),
  select: ({ size, hasHalf }: AdamwDims) => ({
    WG_SIZE: 64,
    BLOCK: DECAY_BLOCK / vectorWidth(size),
    Vector: vectorType(vectorWidth(size)),
    Half: hasHalf
      ? vectorType(vectorWidth(size)).replace('f32', 'f16')
      : vectorType(vectorWidth(size)),
  }),
  grid: ({ size }, { WG_SIZE }) => threadGrid(size / vectorWidth(size), WG_SIZE),
});
