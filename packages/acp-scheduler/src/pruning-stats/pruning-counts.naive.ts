// The specification of the block counts: every pair of tokens is looked at.

import { indices, type SearchDims } from '../find-index/find-index.naive.ts';

/**
 * Kept and causal blocks of each head. A block is causal if one of its pairs is: seqStart ≤ key ≤ the row's own position.
 * @param startIndex - [B, H, ceil(M / blockM)]. @param seqStart - [B].
 * @returns [B, H, 2] kept, causal.
 */
export function naivePruningCounts(
  startIndex: ArrayLike<number>,
  seqStart: ArrayLike<number>,
  dims: SearchDims,
): Uint32Array {
  const { batch, numHeads, queryLen, keyLen, blocks } = dims;
  const queryBlocks = Math.ceil(queryLen / blocks.blockM);
  const counts = new Uint32Array(batch * numHeads * 2);
  for (let head = 0; head < batch * numHeads; head++) {
    const first = seqStart[Math.floor(head / numHeads)] as number;
    for (const m of indices(queryBlocks)) {
      const start = startIndex[head * queryBlocks + m] as number;
      for (const n of indices(Math.ceil(keyLen / blocks.blockN))) {
        if (!hasPair(m, n, first, dims)) continue;
        counts[2 * head + 1]!++;
        if (n * blocks.blockN >= start) counts[2 * head]!++;
      }
    }
  }
  return counts;
}

function hasPair(
  m: number,
  n: number,
  first: number,
  { queryLen, keyLen, blocks }: SearchDims,
): boolean {
  const rows = indices(blocks.blockM).map((row) => m * blocks.blockM + row);
  const keys = indices(blocks.blockN).map((key) => n * blocks.blockN + key);
  return rows.some(
    (row) =>
      row < queryLen &&
      keys.some((key) => key < keyLen && key >= first && key <= keyLen - queryLen + row),
  );
}
