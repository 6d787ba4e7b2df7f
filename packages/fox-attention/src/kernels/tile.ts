// Sizes of the attention kernels, and the spec and workgroup memory that the tiled ones have in common.

import { DTYPE_BYTES } from '@vulpes/tensor-core';
import type { AttentionDims, AttentionDType } from '../dims.ts';

/** Rows (or keys) that one thread of a scalar kernel owns. */
export const ROWS_PER_THREAD = 4;

/** Threads of a scalar kernel's workgroup, few: causal work is uneven, and small workgroups spread it over the cores. */
export const SCALAR_THREADS = 4;

/** Tiled kernels: tiles of 32 × 32, 64 threads with 4 × 4 pairs each; at most 15 KiB of workgroup memory at every head dim. */
export const TILE = 32;

/** Head dims are taken in chunks, so that the tiles fit 16 KiB at every head dim. */
export const tileSpec = ({ headDim, dtype }: { headDim: number; dtype: AttentionDType }) => ({
  HEAD_DIM: headDim,
  Stored: storedVector(dtype),
  CHUNK: Math.min(headDim, 32),
});

/** Four values of q, k, v and out as they lie in memory. */
export const storedVector = (dtype: AttentionDType): string => `vec4<${dtype}>`;

/** Workgroup memory of lib/tile.wgsl in bytes, in the order the arrays stand there. */
export const tileBytes = ({ CHUNK }: { CHUNK: number }): number =>
  TILE * (CHUNK / 4 + 1) * 16 + // t_a
  TILE * (CHUNK / 4 + 1) * 16 + // t_b
  TILE * 9 * 16; // t_p

/** What the heads that take turns may read together, so that their keys and values stay in a GPU's cache. */
const SHARED_BYTES = 2 ** 24;

interface TileDims extends Pick<AttentionDims, 'keyLen' | 'headDim'> {
  readonly dtype: AttentionDType;
}

/**
 * How many heads run side by side: as many as the cache allows, so that long and short rows mix and few workgroups are left
 * for the end. A divisor of `heads`, as every turn takes the same number.
 */
export function headsSideBySide({ keyLen, headDim, dtype }: TileDims, heads: number): number {
  const bytes = 2 * DTYPE_BYTES[dtype] * keyLen * headDim;
  const divisors = Array.from({ length: heads }, (_, d) => heads - d).filter(
    (d) => heads % d === 0,
  );
  return divisors.find((d) => d * bytes <= SHARED_BYTES) ?? 1;
}

/**
 * Workgroups of a tiled or matrix kernel, see lib/place.wgsl.
 * @param tokens - rows or keys that the workgroups share out, `tile` each
 */
export function tileGrid(
  dims: TileDims & Pick<AttentionDims, 'batch'>,
  heads: number,
  tokens: number,
  tile = TILE,
): readonly [number, number, number] {
  const together = headsSideBySide(dims, heads);
  return [together, Math.ceil(tokens / tile), (heads / together) * dims.batch];
}
