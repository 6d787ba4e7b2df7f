// Kept blocks from what the forward wrote per row, and their transpose.

import type { Tensor } from '@vulpes/tensor-core';
import type { BlockSizes, KeptBlocks } from '@vulpes/wgsl-kernels';
import type { AttentionDims } from './dims.ts';
import { keptEndKernel, keptStartKernel } from './kernels/kept-blocks.kernel.ts';

/** Blocks that hold every kept pair. @param rowStats - i32 [B, H, M, 2] */
export function keptStart(rowStats: Tensor, dims: AttentionDims, blocks: BlockSizes): KeptBlocks {
  const { batch, numHeads, queryLen } = dims;
  const shape = [batch, numHeads, Math.ceil(queryLen / blocks.blockM)];
  const startIndex = rowStats.device.empty(shape, { dtype: 'i32', label: 'kept start' });
  keptStartKernel.run(rowStats.device, {
    dims: { items: startIndex.size, ...keptSizes(dims, blocks) },
    tensors: { row_stats: rowStats, start_index: startIndex },
  });
  return { blocks, startIndex };
}

/** i32 [B, H, ceil(N / blockN)]: the row after the last query block that keeps each key block. */
export function keptEnd({ blocks, startIndex }: KeptBlocks, dims: AttentionDims): Tensor {
  const shape = [dims.batch, dims.numHeads, Math.ceil(dims.keyLen / blocks.blockN)];
  const endIndex = startIndex.device.empty(shape, { dtype: 'i32', label: 'kept end' });
  keptEndKernel.run(startIndex.device, {
    dims: { items: endIndex.size, ...keptSizes(dims, blocks) },
    tensors: { start_index: startIndex, end_index: endIndex },
  });
  return endIndex;
}

const keptSizes = ({ batch, numHeads, queryLen, keyLen }: AttentionDims, blocks: BlockSizes) => ({
  ...blocks,
  heads: batch * numHeads,
  queryLen,
  keyLen,
});
