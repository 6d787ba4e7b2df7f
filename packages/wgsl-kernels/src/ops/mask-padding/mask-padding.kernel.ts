// Spec, grid and cost of the padding mask kernel.

import { defineKernel } from '../../define-kernel.ts';
import { elemType, threadGrid, vectorWidth } from '../../lib/vector.ts';
import maskPaddingWgsl from './mask-padding.wgsl';

export interface MaskPaddingDims {
  readonly batch: number;
  readonly seqLen: number;
  /** Elements of a token. */
  readonly columns: number;
}

export const maskPaddingKernel = defineKernel({
  name: 'mask-padding',
  source: maskPaddingWgsl,
  bindings: ['x:read', 'seq_start:read', 'y:write'],
  params: ['tokens:u32', 'seq_len:u32', 'columns:u32'],
  select: ({ columns }: MaskPaddingDims) => ({ WG_SIZE: 64, Elem: elemType(vectorWidth(columns)) }),
  grid: ({ batch, seqLen, columns }, { WG_SIZE }) =>
    threadGrid((batch * seqLen * columns) / vectorWidth(columns), WG_SIZE),
  bytes: ({ batch, seqLen, columns }) => 8 * batch * seqLen * columns,
});
