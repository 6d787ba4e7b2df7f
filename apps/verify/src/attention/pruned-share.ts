// How much of the causal triangle a pruning drops, for the report.

import type { BlockSizes } from '@vulpes/wgsl-kernels';
import type { AttentionDims } from './attention-case.ts';

export interface FoundRanges {
  /** [B, H, query blocks], key positions. */
  readonly startIndex: ArrayLike<number>;
  readonly blocks: BlockSizes;
}

/** Such as `12 of 45 (128 × 64)`; padding is not looked at. */
export function prunedShare(dims: AttentionDims, { startIndex, blocks }: FoundRanges): string {
  const { queryLen, keyLen } = dims;
  const queryBlocks = Math.ceil(queryLen / blocks.blockM);
  let [dropped, causal] = [0, 0];
  for (let index = 0; index < startIndex.length; index++) {
    const lastQuery = Math.min(queryLen, ((index % queryBlocks) + 1) * blocks.blockM) - 1;
    const keyBlocks = Math.floor((keyLen - queryLen + lastQuery) / blocks.blockN) + 1;
    causal += keyBlocks;
    dropped += Math.min(keyBlocks, Math.floor((startIndex[index] as number) / blocks.blockN));
  }
  return `${dropped} of ${causal} (${blocks.blockM} × ${blocks.blockN})`;
}
