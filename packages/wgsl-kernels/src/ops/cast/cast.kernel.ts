// Spec, params and grid of the casts between f32 and f16.

import { defineKernel } from '../../define-kernel.ts';
import { threadGrid } from '../../lib/vector.ts';
import toHalfWgsl from './to-half.wgsl';
import toSingleWgsl from './to-single.wgsl';

interface CastDims {
  /** Elements. */
  readonly size: number;
}

const shared = {
  bindings: ['x:read', 'y:write'],
  select: (_dims: CastDims) => ({ WG_SIZE: 64 }),
  grid: ({ size }: CastDims, { WG_SIZE }: { WG_SIZE: number }) =>
    threadGrid(Math.ceil(size / 2), WG_SIZE),
} as const;

export const toHalf = defineKernel({ name: 'to-half', source: toHalfWgsl, ...shared });
export const toSingle = defineKernel({ name: 'to-single', source: toSingleWgsl, ...shared });
