// Spec, grid and cost of the kernel that fills spans.

import { defineKernel } from '../../define-kernel.ts';
import { threadGrid } from '../../lib/vector.ts';
import tokenSpansWgsl from './token-spans.wgsl';

export interface TokenSpansDims {
  readonly batch: number;
  /** Tokens of a sequence, N. */
  readonly length: number;
}

export const tokenSpansKernel = defineKernel({
  name: 'token-spans',
  source: tokenSpansWgsl,
  bindings: ['seq_start:read', 'cu_seqlens:read', 'spans:write'],
  params: ['batch:u32', 'length:u32', 'entries:u32', 'window:u32'],
  select: (_dims: TokenSpansDims) => ({ WG_SIZE: 64 }),
  grid: ({ batch, length }, { WG_SIZE }) => threadGrid(batch * length, WG_SIZE),
  bytes: ({ batch, length }) => 8 * batch * length,
});
