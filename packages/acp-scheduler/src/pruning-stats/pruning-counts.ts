// Counts kept and causal blocks on the GPU; 8 bytes a head, read back with the loss when the caller wants.

import { ArgumentError, assertShape, DTypeError, type Tensor } from '@vulpes/tensor-core';
import type { BlockRanges } from '@vulpes/wgsl-kernels';
import { pruningCountsKernel } from './pruning-counts.kernel.ts';

const OP = 'pruningCounts';

export interface PruningCountsOptions {
  /** M. */
  readonly queryLen: number;
  /** N. */
  readonly keyLen: number;
  /** i32 [B], first real token of each row of the batch: blocks of padding count as neither kept nor causal. */
  readonly seqStart?: Tensor | undefined;
}

/**
 * How many (query block, key block) pairs attention visits, and how many it would visit without pruning.
 * @returns u32 [B, H, 2]: kept, causal. The caller's. `pruningStats` makes shares, FLOPs and bytes of it.
 * @throws ShapeError, DTypeError, ArgumentError
 */
export function pruningCounts(
  { blocks, startIndex }: BlockRanges,
  { queryLen, keyLen, seqStart }: PruningCountsOptions,
): Tensor {
  if (!(queryLen >= 1 && queryLen <= keyLen)) {
    throw new ArgumentError(
      `${OP}: expected 1 ≤ queryLen ≤ keyLen, got ${queryLen} and ${keyLen}.`,
    );
  }
  const queryBlocks = Math.ceil(queryLen / blocks.blockM);
  const { B, H } = assertShape(OP, 'startIndex', startIndex, ['B', 'H', queryBlocks]);
  const { device } = startIndex;
  return device.scope(() => {
    const counts = device.empty([B, H, 2], { dtype: 'u32', label: 'pruningCounts' });
    pruningCountsKernel.run(device, {
      dims: { batch: B, numHeads: H },
      tensors: {
        start_index: startIndex,
        seq_start: checkedSeqStart(seqStart, B) ?? device.zeros([B], { dtype: 'i32' }),
        counts,
      },
      params: {
        batch: B,
        num_heads: H,
        query_len: queryLen,
        key_len: keyLen,
        block_m: blocks.blockM,
        block_n: blocks.blockN,
        query_blocks: queryBlocks,
      },
    });
    return counts;
  });
}

function checkedSeqStart(seqStart: Tensor | undefined, batch: number): Tensor | undefined {
  if (!seqStart) return undefined;
  assertShape(OP, 'seqStart', seqStart, [batch]);
  if (seqStart.dtype === 'i32') return seqStart;
  throw new DTypeError(
    `${OP}: expected seqStart i32, got ${seqStart.dtype}. Make it from an Int32Array.`,
  );
}
