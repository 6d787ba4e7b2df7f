// Spec, params and grid of the kernel that fills visibility.

import { defineKernel } from '../../define-kernel.ts';
import { threadGrid } from '../../lib/vector.ts';
import tokenVisibilityWgsl from './token-visibility.wgsl';

export interface TokenVisibilityDims {
  readonly batch: number;
  /** Tokens of a sequence, N. */
  readonly length: number;
}

interface LaunchDims extends TokenVisibilityDims {
  /** Offsets of a sequence in cu_seqlens, 0 without it. */
  readonly entries: number;
  /** Keys that a query may see. */
  readonly window: number;
}

export const tokenVisibilityKernel = defineKernel({
  name: 'token-visibility',
  source: tokenVisibilityWgsl,
  bindings: ['seq_start:read?', 'cu_seqlens:read?', 'visibility:write'],
  select: (_dims: LaunchDims) => ({ WG_SIZE: 64 }),
  grid: ({ batch, length }, { WG_SIZE }) => threadGrid(batch * length, WG_SIZE),
});
