// Embedding and its gradient in f64: the specification of the kernels.

import type { EmbeddingDims } from './embedding.kernel.ts';

type Numbers = ArrayLike<number>;

/** y [tokens, h]; NaN rows where an id is outside the table. */
export function referenceEmbedding(
  { tokens, vocab, columns }: EmbeddingDims,
  ids: Numbers,
  weight: Numbers,
): Float64Array {
  const y = new Float64Array(tokens * columns).fill(Number.NaN);
  for (let token = 0; token < tokens; token++) {
    const row = ids[token]!;
    if (row < 0 || row >= vocab) continue;
    for (let c = 0; c < columns; c++) y[token * columns + c] = weight[row * columns + c]!;
  }
  return y;
}

/** d/dweight of Σ y dy, [V, h] */
export function referenceEmbeddingBackward(
  { tokens, vocab, columns }: EmbeddingDims,
  ids: Numbers,
  dy: Numbers,
): Float64Array {
  const dweight = new Float64Array(vocab * columns);
  for (let token = 0; token < tokens; token++) {
    const row = ids[token]!;
    if (row < 0 || row >= vocab) continue;
    for (let c = 0; c < columns; c++) dweight[row * columns + c]! += dy[token * columns + c]!;
  }
  return dweight;
}
