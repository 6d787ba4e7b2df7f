// Spec, grid and cost of the AdamW kernel.

import { defineKernel } from '../../define-kernel.ts';
import { elemType, threadGrid, vectorWidth } from '../../lib/vector.ts';
import adamwWgsl from './adamw.wgsl';

export interface AdamwDims {
  /** Elements of the parameter. */
  readonly size: number;
  readonly hasClip: boolean;
}

export const adamwKernel = defineKernel({
  name: 'adamw',
  source: adamwWgsl,
  bindings: ['param:read_write', 'm:read_write', 'v:read_write', 'grad:read', 'clip:read'],
  params: [
    'size:u32',
    'decay:f32',
    'step_size:f32',
    'root_correction:f32',
    'eps:f32',
    'one_minus_beta1:f32',
    'beta2:f32',
    'one_minus_beta2:f32',
  ],
  select: ({ size, hasClip }: AdamwDims) => ({
    WG_SIZE: 64,
    HAS_CLIP: hasClip,
    Elem: elemType(vectorWidth(size)),
  }),
  grid: ({ size }, { WG_SIZE }) => threadGrid(size / vectorWidth(size), WG_SIZE),
  flops: ({ size }) => 14 * size,
  bytes: ({ size }) => 28 * size,
});
