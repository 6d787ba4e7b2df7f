// Kept blocks from what the forward wrote per row, their transpose, and how many they are.

import type { Tensor } from '@vulpes/tensor-core';
import type { BlockSizes, KeptBlocks } from '@vulpes/wgsl-kernels';
import type { AttentionDims } from './dims.ts';
import { keptBlocksKernel } from './kernels/kept-blocks.kernel.ts';

export interface CountedBlocks {
  /** Blocks that hold every kept pair. */
  readonly kept: KeptBlocks;
  /** i32 [B, H, ceil(N / blockN)]: the row after the last query block that keeps each key block. */
  readonly endIndex: Tensor;
  /** u32 [B, H, 2]: blocks kept, and blocks that hold a pair of tokens that see each other. */
  readonly counts: Tensor;
}

/** One launch. @param rowStats - i32 [B, H, M, 2] @param visibility - i32 [B, N, 2] */
export function keptBlocks(
  { rowStats, visibility }: { readonly rowStats: Tensor; readonly visibility: Tensor | null },
  dims: AttentionDims,
  blocks: BlockSizes,
): CountedBlocks {
  const { batch, numHeads, queryLen, keyLen } = dims;
  const { device } = rowStats;
  const empty = (last: number, dtype: 'i32' | 'u32', label: string) =>
    device.empty([batch, numHeads, last], { dtype, label });
  const startIndex = empty(Math.ceil(queryLen / blocks.blockM), 'i32', 'kept start');
  const endIndex = empty(Math.ceil(keyLen / blocks.blockN), 'i32', 'kept end');
  const counts = empty(2, 'u32', 'pruning counts');
  keptBlocksKernel.run(device, {
    dims: { ...dims, ...blocks },
    tensors: {
      ...{ row_stats: rowStats, visibility },
      ...{ start_index: startIndex, end_index: endIndex, counts },
    },
  });
  return { kept: { blocks, startIndex }, endIndex, counts };
}
