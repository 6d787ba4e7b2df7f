// Spec, params and grid of the AdamW kernel.

import { defineKernel } from '../../define-kernel.ts';
import { threadGrid, vectorType, vectorWidth } from '../../lib/vector.ts';
import adamwWgsl from './adamw.wgsl';

export interface AdamwDims {
  /** Elements of the parameter. */
  readonly size: number;
  readonly decay: number;
  readonly stepSize: number;
  readonly rootCorrection: number;
  readonly eps: number;
  readonly oneMinusBeta1: number;
  readonly beta2: number;
  readonly oneMinusBeta2: number;
}

export const adamwKernel = defineKernel({
  name: 'adamw',
  source: adamwWgsl,
  bindings: ['param:read_write', 'm:read_write', 'v:read_write', 'grad:read', 'clip:read?'],
  params: ({ size }: AdamwDims) => ({ size: size / vectorWidth(size) }),
  select: ({ size }: AdamwDims) => ({
    WG_SIZE: 64,
    Vector: vectorType(vectorWidth(size)),
  }),
  grid: ({ size }, { WG_SIZE }) => threadGrid(size / vectorWidth(size), WG_SIZE),
});
