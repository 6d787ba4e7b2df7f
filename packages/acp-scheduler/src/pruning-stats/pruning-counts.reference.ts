// The specification of the block counts: every pair of tokens is looked at.

import { firstSeen } from '../certified/block-bounds.reference.ts';
import { indices, type SearchDims } from '../find-index/find-index.reference.ts';

/**
 * Kept and visible blocks of each head. A block is visible if one of its pairs is: first that the row sees ≤ key ≤ the row's own position.
 * @param startIndex - [B, H, ceil(M / blockM)]. @param visibility - [B, N, 2] (first, end), or undefined: rows see all before them.
 * @returns [B, H, 2] kept, visible.
 */
export function referencePruningCounts(
  startIndex: ArrayLike<number>,
  visibility: ArrayLike<number> | undefined,
  dims: SearchDims,
): Uint32Array {
  const { batch, numHeads, queryLen, keyLen, blocks } = dims;
  const queryBlocks = Math.ceil(queryLen / blocks.blockM);
  const counts = new Uint32Array(batch * numHeads * 2);
  for (let head = 0; head < batch * numHeads; head++) {
    const first = (position: number) =>
      firstSeen(visibility, Math.floor(head / numHeads), position, keyLen);
    for (const m of indices(queryBlocks)) {
      const start = startIndex[head * queryBlocks + m]!;
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
  firstSeenAt: (position: number) => number,
  { queryLen, keyLen, blocks }: SearchDims,
): boolean {
  const positions = indices(blocks.blockM)
    .map((row) => keyLen - queryLen + m * blocks.blockM + row)
    .filter((position) => position < keyLen);
  const keys = indices(blocks.blockN).map((key) => n * blocks.blockN + key);
  return positions.some((position) =>
    keys.some((key) => key <= position && key >= firstSeenAt(position)),
  );
}
