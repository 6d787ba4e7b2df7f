// Sizes that the rotation is tested and timed at.

import type { RopeDims } from './rope.kernel.ts';

export interface RopeCase {
  readonly id: string;
  readonly dims: RopeDims;
  readonly base: number;
  /** Added to 0…T−1 for each sequence; none: no positions are passed. */
  readonly offsets?: readonly number[];
}

/** B, T, H, D, base, offsets */
const sizes: readonly (readonly [number, number, number, number, number, number[]?])[] = [
  [1, 1, 1, 2, 10000],
  [2, 63, 3, 6, 10000],
  [2, 65, 2, 64, 500000],
  [1, 1030, 1, 32, 500000],
  [3, 33, 2, 128, 500000, [0, -17, 65500]],
  [2, 4, 1, 64, 10000, [262140, -262143]],
];

export const ropeCases: readonly RopeCase[] = sizes.map(
  ([batch, seqLen, numHeads, headDim, base, offsets]) => ({
    id: `B${batch}-T${seqLen}-H${numHeads}-D${headDim}${offsets ? `-from${offsets.join('-')}` : ''}`,
    dims: { batch, seqLen, numHeads, headDim },
    base,
    ...(offsets && { offsets }),
  }),
);
