// Counts kept and visible blocks on the GPU; 8 bytes a head, read back with the loss when the caller wants.

import { ArgumentError, assertShape, DTypeError, type Tensor } from '@vulpes/tensor-core';
import type { KeptBlocks } from '@vulpes/wgsl-kernels';
import { pruningCountsKernel } from './pruning-counts.kernel.ts';

const OP = 'pruningCounts';

export interface PruningCountsOptions {
  /** M. */
  readonly queryLen: number;
  /** N. */
  readonly keyLen: number;
  /** i32 [B, N, 2] of `tokenVisibility`: blocks that hold no visible pair count as neither kept nor visible. */
  readonly visibility?: Tensor | undefined;
}

/**
 * How many (query block, key block) pairs attention visits, and how many it would visit without pruning: those with a pair of
 * tokens that see each other.
 * @param kept - of `findBlockRanges`, or of attention's own report.
 * @returns u32 [B, H, 2]: kept, visible. The caller's. `pruningStats` makes shares, FLOPs and bytes of it.
 * @throws ShapeError, DTypeError, ArgumentError
 */
export function pruningCounts(
  { blocks, startIndex }: KeptBlocks,
  { queryLen, keyLen, visibility }: PruningCountsOptions,
): Tensor {
  if (!(queryLen >= 1 && queryLen <= keyLen)) {
    throw new ArgumentError(
      `${OP}: expected 1 ≤ queryLen ≤ keyLen, got ${queryLen} and ${keyLen}.`,
    );
  }
  const queryBlocks = Math.ceil(queryLen / blocks.blockM);
  const { B, H } = assertShape(OP, 'startIndex', startIndex, ['B', 'H', queryBlocks]);
  assertVisibility(visibility, B, keyLen);
  const { device } = startIndex;
  return device.scope(() => {
    const counts = device.empty([B, H, 2], { dtype: 'u32', label: 'pruningCounts' });
    pruningCountsKernel.run(device, {
      dims: { batch: B, numHeads: H, queryLen, keyLen, queryBlocks, ...blocks },
      tensors: { start_index: startIndex, visibility, counts },
    });
    return counts;
  });
}

function assertVisibility(visibility: Tensor | undefined, batch: number, keyLen: number): void {
  if (!visibility) return;
  assertShape(OP, 'visibility', visibility, [batch, keyLen, 2]);
  if (visibility.dtype === 'i32') return;
  throw new DTypeError(
    `${OP}: expected visibility i32, got ${visibility.dtype}. Take it from tokenVisibility.`,
  );
}
