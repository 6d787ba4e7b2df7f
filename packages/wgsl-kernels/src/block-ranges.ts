// BlockRanges: which key blocks a query block visits. The scheduler makes one, attention takes one; neither knows the other.

import type { Tensor } from '@vulpes/tensor-core';

/** Tokens of a query block and of a key block: powers of two, 8…128. */
export interface BlockSizes {
  readonly blockM: number;
  readonly blockN: number;
}

export interface BlockRanges {
  readonly blocks: BlockSizes;
  /** i32 [B, H, ceil(M / blockM)], key position, multiple of blockN: keys before it are dropped for the whole query block. */
  readonly startIndex: Tensor;
  /** i32 [B, H, ceil(N / blockN)], query row (0…M): rows from it on drop the whole key block. The transpose of startIndex. */
  readonly endIndex: Tensor;
}
