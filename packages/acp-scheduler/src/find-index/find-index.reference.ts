// The specification of the pruning boundary: every (query block, key block) pair is judged by itself, in f64. [ACP v2, Sec. 3; arXiv 2504.06949]

import type { BlockSizes } from '@vulpes/wgsl-kernels';

/** Sizes of one boundary search. M = queryLen, N = keyLen; query row i stands at key position N − M + i. */
export interface SearchDims {
  readonly batch: number;
  readonly numHeads: number;
  readonly queryLen: number;
  readonly keyLen: number;
  readonly blocks: BlockSizes;
}

export interface ReferenceBlockRanges {
  /** [B, H, ceil(M / blockM)], key position. */
  readonly startIndex: Int32Array;
  /** [B, H, ceil(N / blockN)], query row. */
  readonly endIndex: Int32Array;
}

/**
 * Brute force over all block pairs: the smallest kept key block of each query block, the largest kept query block of each key block.
 * @param logLambda - [B, H, N], non-increasing along N, natural log.
 * @param threshold - [B, H], δ ≤ 0.
 */
export function referenceBlockRanges(
  logLambda: ArrayLike<number>,
  threshold: ArrayLike<number>,
  dims: SearchDims,
): ReferenceBlockRanges {
  const { batch, numHeads, queryLen, keyLen, blocks } = dims;
  const queryBlocks = Math.ceil(queryLen / blocks.blockM);
  const keyBlocks = Math.ceil(keyLen / blocks.blockN);
  const startIndex = new Int32Array(batch * numHeads * queryBlocks);
  const endIndex = new Int32Array(batch * numHeads * keyBlocks);
  for (let head = 0; head < batch * numHeads; head++) {
    const lambdaAt = (position: number) => logLambda[head * keyLen + position] as number;
    const isKept = (m: number, n: number) =>
      isCausalBlock(m, n, dims) &&
      !(cornerDecay(lambdaAt, m, n, dims) < (threshold[head] as number));
    for (let m = 0; m < queryBlocks; m++) {
      const kept = indices(keyBlocks).filter((n) => isKept(m, n));
      startIndex[head * queryBlocks + m] = Math.min(...kept) * blocks.blockN;
    }
    for (let n = 0; n < keyBlocks; n++) {
      const kept = indices(queryBlocks).filter((m) => isKept(m, n));
      const end = Math.max(0, ...kept.map((m) => (m + 1) * blocks.blockM));
      endIndex[head * keyBlocks + n] = Math.min(end, queryLen);
    }
  }
  return { startIndex, endIndex };
}

/** The largest D of a block: its first query row against its last key. */
function cornerDecay(
  lambdaAt: (position: number) => number,
  m: number,
  n: number,
  { queryLen, keyLen, blocks }: SearchDims,
): number {
  const firstRow = keyLen - queryLen + m * blocks.blockM;
  const lastKey = Math.min((n + 1) * blocks.blockN, keyLen) - 1;
  return lambdaAt(firstRow) - lambdaAt(lastKey);
}

/** Does any row of query block m see any key of block n? */
export function isCausalBlock(m: number, n: number, dims: SearchDims): boolean {
  const { queryLen, keyLen, blocks } = dims;
  const lastRow = keyLen - queryLen + Math.min((m + 1) * blocks.blockM, queryLen) - 1;
  return n * blocks.blockN <= lastRow;
}

export const indices = (count: number): number[] =>
  Array.from({ length: count }, (_, index) => index);
