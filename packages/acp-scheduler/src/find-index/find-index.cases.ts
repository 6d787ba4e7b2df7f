// Shapes of the boundary search: odd lengths, M < N, unequal blocks, one query.

import type { BlockSizes } from '@vulpes/wgsl-kernels';
import type { SearchDims } from './find-index.reference.ts';

export interface FindIndexCase extends SearchDims {
  readonly id: string;
}

const row = (
  batch: number,
  numHeads: number,
  queryLen: number,
  keyLen: number,
  blockM: BlockSizes['blockM'],
  blockN: BlockSizes['blockN'],
): FindIndexCase => ({
  id: `B${batch}-H${numHeads}-M${queryLen}-N${keyLen}-block${blockM}x${blockN}`,
  batch,
  numHeads,
  queryLen,
  keyLen,
  blocks: { blockM, blockN },
});

export const findIndexCases: readonly FindIndexCase[] = [
  row(1, 1, 1, 1, 8, 8),
  row(2, 3, 63, 63, 8, 16),
  row(2, 2, 111, 111, 16, 8),
  row(1, 2, 64, 64, 64, 64),
  row(1, 2, 65, 65, 64, 32),
  row(3, 1, 512, 512, 128, 32),
  row(1, 2, 1000, 1000, 32, 128),
  row(2, 2, 1, 257, 8, 64),
  row(1, 3, 50, 300, 16, 64),
  row(1, 2, 192, 511, 128, 64),
  row(1, 1, 200, 1537, 8, 128),
];
