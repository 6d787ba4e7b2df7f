// BlockRanges and StopRule: what the pruning scheduler makes and the attention kernels read.

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

/** Where each query block starts, without the transpose: what counts and pictures need. */
export type KeptBlocks = Pick<BlockRanges, 'blocks' | 'startIndex'>;

/**
 * Certified pruning: attention walks from the diagonal to the left and stops by its own running log-sum-exp.
 * A row may drop keys 0 … j where s‖q_i‖ · maxNorm_j + D(i, j) + S_j − lse_i ≤ logPruningTolerance.
 */
export interface StopRule {
  /** blockN: rows may stop where a key block ends. blockM: query blocks of the kept blocks that attention reports. */
  readonly blocks: BlockSizes;
  /** log ε, below 0: the share of a row's attention weight that may be dropped. */
  readonly logPruningTolerance: number;
  /** f32 [B, H, ceil(N / blockN), 2]: S_j = log Σ_{t ≤ j} exp(λ_j − λ_t) and max ‖k_t‖ over t ≤ j, j the last key of each block. */
  readonly blockBounds: Tensor;
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

/**
 * Checks what the host can see of a stop rule.
 * @throws ArgumentError DTypeError ShapeError naming `op`
 */
export function assertStopRule(op: string, rule: StopRule, dims: BlockRangeDims): void {
  const { blocks, blockBounds, logPruningTolerance } = rule;
  assertBlockSizes(op, blocks);
  const { batch, numHeads, keyLen } = dims;
  assertShape(op, 'stopRule.blockBounds', blockBounds, [
    batch,
    numHeads,
    Math.ceil(keyLen / blocks.blockN),
    2,
  ]);
  if (blockBounds.dtype !== 'f32') {
    throw new DTypeError(`${op}: expected stopRule.blockBounds f32, got ${blockBounds.dtype}.`);
  }
  if (logPruningTolerance < 0) return;
  throw new ArgumentError(
    `${op}: expected stopRule.logPruningTolerance below 0, got ${logPruningTolerance}. It is log ε; −10 is usual.`,
  );
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
