// The spec and the workgroup memory that the tiled kernels have in common.

import { GPU_TILE } from '../select-blocks.ts';

/** Head dims are taken in chunks, so that the tiles fit 16 KiB at every head dim. */
export const tileSpec = ({ headDim }: { headDim: number }) => ({
  HEAD_DIM: headDim,
  CHUNK: Math.min(headDim, 32),
});

/** Workgroup memory of lib/tile.wgsl in bytes, in the order the arrays stand there. */
export const tileBytes = ({ CHUNK }: { CHUNK: number }): number =>
  GPU_TILE * (CHUNK / 4 + 1) * 16 + // t_a
  GPU_TILE * (CHUNK / 4 + 1) * 16 + // t_b
  GPU_TILE * 9 * 16; // t_p
