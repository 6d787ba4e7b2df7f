// Sizes that the fused loss is tested at; `chunkRows` sets the budget, so that several chunks and an odd last one occur.
// A budget of 300 rows makes chunks of 256.

import type { CrossEntropySizes } from './linear-cross-entropy.reference.ts';

export interface CrossEntropyCase extends CrossEntropySizes {
  readonly id: string;
  readonly chunkRows: number;
  /** About how many labels are ignored. */
  readonly ignored: number;
}

export const crossEntropyCases: readonly CrossEntropyCase[] = [
  { id: 'N1-h1-V1', rows: 1, hidden: 1, vocab: 1, chunkRows: 1, ignored: 0 },
  { id: 'N63-h20-V257', rows: 63, hidden: 20, vocab: 257, chunkRows: 63, ignored: 5 },
  { id: 'N111-h7-V30-chunks', rows: 111, hidden: 7, vocab: 30, chunkRows: 23, ignored: 40 },
  { id: 'N700-h5-V33-chunks', rows: 700, hidden: 5, vocab: 33, chunkRows: 300, ignored: 30 },
  { id: 'N16-h8-V1031-chunks', rows: 16, hidden: 8, vocab: 1031, chunkRows: 15, ignored: 1 },
];
