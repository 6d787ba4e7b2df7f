// The tiles of the kernels, and the default block sizes of pruning. Pure.

import type { DeviceCaps } from '@vulpes/tensor-core';
import type { BlockSizes } from '@vulpes/wgsl-kernels';
import type { AttentionDims } from './dims.ts';

type Caps = Pick<DeviceCaps, 'kernels'>;

/** Rows (or keys) that one thread of a software kernel owns. */
export const ROWS_PER_THREAD = 4;

/** GPU kernels: tiles of 32 × 32, 64 threads with 4 × 4 pairs each; at most 15 KiB of workgroup memory at every head dim. */
export const GPU_TILE = 32;

/** Few threads a workgroup: causal work is uneven, and small workgroups spread it over the cores. */
export const SOFTWARE_THREADS = 4;

/**
 * Block sizes for `findBlockRanges`. Large blocks cost few search steps and suit whole tiles; small ones follow the
 * boundary closely, which matters where a context is only a few blocks long or a kernel has no tiles.
 */
export function selectBlocks(
  { keyLen }: Pick<AttentionDims, 'keyLen'>,
  { kernels }: Caps,
): BlockSizes {
  const largest = kernels === 'gpu' ? 64 : 32;
  // At least 16 blocks along the keys, if the smallest block allows it.
  const fitting = 2 ** Math.floor(Math.log2(Math.max(1, keyLen / 16)));
  const smallest = kernels === 'gpu' ? 32 : 8;
  const block = Math.min(largest, Math.max(smallest, fitting));
  return { blockM: block, blockN: block };
}
