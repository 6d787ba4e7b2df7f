// Sizes that the embedding kernels are tested and timed at.

import type { EmbeddingDims } from './embedding.kernel.ts';

export interface EmbeddingCase {
  readonly id: string;
  readonly dims: EmbeddingDims;
}

/** tokens, V, h */
const sizes: readonly (readonly [number, number, number])[] = [
  [1, 1, 1],
  [63, 7, 5],
  [111, 300, 8],
  [256, 256, 4],
  [257, 2, 4],
  [1500, 50257, 4],
  [4096, 256, 16],
];

export const embeddingCases: readonly EmbeddingCase[] = sizes.map(([tokens, vocab, columns]) => ({
  id: `N${tokens}-V${vocab}-h${columns}`,
  dims: { tokens, vocab, columns },
}));
