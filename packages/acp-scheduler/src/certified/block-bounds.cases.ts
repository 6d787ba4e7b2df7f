// Shapes of the stop blockBounds: odd lengths, grouped heads, padding, packed documents, windows.

import type { VisibilityOptions } from '../visibility.fixture.ts';
import type { BlockBoundDims } from './block-bounds.reference.ts';

export interface BlockBoundCase extends BlockBoundDims {
  readonly id: string;
  readonly visibility?: VisibilityOptions;
}

const row = (
  [batch, numHeads, numKvHeads, keyLen, headDim, blockN]: readonly [
    number,
    number,
    number,
    number,
    number,
    number,
  ],
  visibility?: VisibilityOptions,
): BlockBoundCase => ({
  id: `B${batch}-H${numHeads}-Hkv${numKvHeads}-N${keyLen}-D${headDim}-block${blockN}${visibility ? `-${Object.keys(visibility).join('-')}` : ''}`,
  batch,
  numHeads,
  numKvHeads,
  keyLen,
  headDim,
  blockN,
  ...(visibility && { visibility }),
});

export const blockBoundCases: readonly BlockBoundCase[] = [
  row([1, 1, 1, 1, 16, 8]),
  row([2, 3, 3, 63, 32, 16]),
  row([2, 4, 2, 111, 16, 8]),
  row([1, 6, 2, 64, 64, 64]),
  row([1, 2, 1, 65, 128, 64]),
  row([1, 2, 2, 1025, 16, 128]),
  row([3, 2, 1, 127, 16, 32], { seqStart: [0, 45, 127] }),
  row([1, 2, 2, 300, 16, 64], { cuSeqlens: [3, 70, 71, 71, 192, 290] }),
  row([1, 2, 1, 257, 16, 16], { windowSize: 37 }),
  row([2, 2, 1, 129, 16, 8], {
    seqStart: [9, 50],
    cuSeqlens: [0, 40, 100, 129, 16, 90, 90, 129],
    windowSize: 21,
  }),
];
