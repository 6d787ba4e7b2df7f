// BlockRanges: the one type that the pruning scheduler makes and the attention kernels read.

import { ArgumentError, assertShape, DTypeError, type Tensor } from '@vulpes/tensor-core';

/** Tokens of a query block and of a key block; powers of two, 8…128. */
export interface BlockSizes {
  readonly blockM: number;
  readonly blockN: number;
}

/** Which blocks of the attention matrix are kept; who made the ranges does not matter to attention. */
export interface BlockRanges {
  readonly blocks: BlockSizes;
  /** i32 [B, H, ceil(M / blockM)]: key position, multiple of blockN; keys before it are dropped for the whole query block. */
  readonly startIndex: Tensor;
  /** i32 [B, H, ceil(N / blockN)]: query row, 0…M; rows from it on drop the whole key block. The transpose of startIndex. */
  readonly endIndex: Tensor;
}

/** Sizes of the attention call that ranges must fit. */
export interface BlockRangeDims {
  readonly batch: number;
  readonly numHeads: number;
  /** M, query rows. */
  readonly queryLen: number;
  /** N, keys. */
  readonly keyLen: number;
}

/**
 * Checks what the host can see of ranges: block sizes, dtypes, shapes. The numbers inside are on the GPU.
 * @throws ArgumentError DTypeError ShapeError naming `op`
 */
export function assertBlockRanges(op: string, ranges: BlockRanges, dims: BlockRangeDims): void {
  const { blocks, startIndex, endIndex } = ranges;
  assertBlockSizes(op, blocks);
  const { batch, numHeads, queryLen, keyLen } = dims;
  const queryBlocks = Math.ceil(queryLen / blocks.blockM);
  const keyBlocks = Math.ceil(keyLen / blocks.blockN);
  assertIndex(op, 'startIndex', startIndex, [batch, numHeads, queryBlocks]);
  assertIndex(op, 'endIndex', endIndex, [batch, numHeads, keyBlocks]);
}

/** @throws ArgumentError unless both sizes are powers of two, 8…128. */
export function assertBlockSizes(op: string, { blockM, blockN }: BlockSizes): void {
  if (isBlockSize(blockM) && isBlockSize(blockN)) return;
  throw new ArgumentError(
    `${op}: expected blockM and blockN to be powers of two in 8…128, got ${blockM} and ${blockN}.`,
  );
}

const isBlockSize = (size: number): boolean => [8, 16, 32, 64, 128].includes(size);

function assertIndex(op: string, name: string, tensor: Tensor, shape: readonly number[]): void {
  assertShape(op, `ranges.${name}`, tensor, shape);
  if (tensor.dtype === 'i32') return;
  throw new DTypeError(`${op}: expected ranges.${name} i32, got ${tensor.dtype}.`);
}
