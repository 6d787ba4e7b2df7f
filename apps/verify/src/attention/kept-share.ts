// How much of what rows may see a pruning keeps, in blocks, for the report.

import type { BlockSizes } from '@vulpes/wgsl-kernels';
import type { AttentionCase } from './attention-case.ts';
import { firstVisibleKey } from './visible-keys.ts';

export interface FoundRanges {
  /** [B, H, query blocks], key positions: keys before it are dropped. */
  readonly startIndex: ArrayLike<number>;
  readonly blocks: BlockSizes;
}

/** Such as `12 of 45 (128 × 64)`: kept blocks among those that hold a pair of tokens that see each other. */
export function keptShare(
  theCase: Pick<AttentionCase, 'dims' | 'limits'>,
  { startIndex, blocks }: FoundRanges,
): string {
  const { numHeads, queryLen } = theCase.dims;
  const queryBlocks = Math.ceil(queryLen / blocks.blockM);
  let [kept, visible] = [0, 0];
  for (let index = 0; index < startIndex.length; index++) {
    const b = Math.floor(index / (numHeads * queryBlocks));
    const seen = visibleBlocks(theCase, b, index % queryBlocks, blocks);
    if (!seen) continue;
    // A multiple of blockN, or the number of keys where nothing is kept.
    const start = Math.ceil((startIndex[index] as number) / blocks.blockN);
    visible += seen.end - seen.first;
    kept += Math.max(0, seen.end - Math.max(seen.first, start));
  }
  return `${kept} of ${visible} (${blocks.blockM} × ${blocks.blockN})`;
}

/** Key blocks first … end − 1 that rows of a query block see; null where they see none. */
function visibleBlocks(
  theCase: Pick<AttentionCase, 'dims' | 'limits'>,
  b: number,
  queryBlock: number,
  { blockM, blockN }: BlockSizes,
): { first: number; end: number } | null {
  const { queryLen, keyLen } = theCase.dims;
  const row = queryBlock * blockM;
  const positions = Array.from(
    { length: Math.min(blockM, queryLen - row) },
    (_, i) => keyLen - queryLen + row + i,
  );
  const seeing = positions.filter((t) => firstVisibleKey(theCase, b, t) <= t);
  if (seeing.length === 0) return null;
  const firsts = seeing.map((t) => firstVisibleKey(theCase, b, t));
  return {
    first: Math.floor(Math.min(...firsts) / blockN),
    end: Math.floor(Math.max(...seeing) / blockN) + 1,
  };
}
