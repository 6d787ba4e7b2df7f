// The default block sizes of pruning. Pure.

import type { DeviceCaps } from '@vulpes/tensor-core';
import type { BlockSizes } from '@vulpes/wgsl-kernels';
import type { AttentionDims } from './dims.ts';
import { attentionForward } from './kernels/forward.kernel.ts';

/**
 * Block sizes for `findBlockRanges`. Large blocks cost few search steps and suit whole tiles; small ones follow the
 * boundary closely, which matters where a context is only a few blocks long or a kernel has no tiles.
 */
export function selectBlocks(
  { keyLen }: Pick<AttentionDims, 'keyLen'>,
  caps: DeviceCaps,
): BlockSizes {
  const { minBlock, maxBlock } = attentionForward.choose(caps);
  // At least 16 blocks along the keys, if the smallest block allows it.
  const fitting = 2 ** Math.floor(Math.log2(Math.max(1, keyLen / 16)));
  const block = Math.min(maxBlock, Math.max(minBlock, fitting));
  return { blockM: block, blockN: block };
}
