// Spec, grid and cost of the kernel that fills visibility.

import { defineKernel } from '../../define-kernel.ts';
import { threadGrid } from '../../lib/vector.ts';
import tokenVisibilityWgsl from './token-visibility.wgsl';

export interface TokenVisibilityDims {
  readonly batch: number;
  /** Tokens of a sequence, N. */
  readonly length: number;
}

export const tokenVisibilityKernel = defineKernel({
  name: 'token-visibility',
  source: tokenVisibilityWgsl,
  bindings: ['seq_start:read', 'cu_seqlens:read', 'visibility:write'],
  params: ['batch:u32', 'length:u32', 'entries:u32', 'window:u32'],
  select: (_dims: TokenVisibilityDims) => ({ WG_SIZE: 64 }),
  grid: ({ batch, length }, { WG_SIZE }) => threadGrid(batch * length, WG_SIZE),
  bytes: ({ batch, length }) => 8 * batch * length,
});
