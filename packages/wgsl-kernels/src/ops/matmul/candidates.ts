// The tiles and parts of K that a tuning table is measured from. Pure.

import type { DeviceCaps, MatmulTuning } from '@vulpes/tensor-core';
import { findMatrixShape, type MatrixShape, sizedTiles } from './matrix-tiles.ts';
import { type MatmulSizes, tiles } from './plan.ts';
import { matmulVariants } from './variants.ts';
import { rankPlans } from './waves.ts';

/** Which variant divides a product how: a tile by its name, and parts of K. */
export type MatmulCandidate = Pick<MatmulTuning, 'variant' | 'tile' | 'splits'>;

/**
 * What is worth measuring for a product on a device, the model's own choice first; none where the variant that runs has no tiles.
 * @param count - candidates at most
 */
export function listMatmulCandidates(
  sizes: MatmulSizes,
  caps: DeviceCaps,
  count: number,
): MatmulCandidate[] {
  const { name } = matmulVariants.choose(caps, sizes);
  return rankOf(name, sizes, caps)
    .slice(0, count)
    .map(({ tile, splits }) => ({ variant: name, tile: tile.name, splits }));
}

function rankOf(variant: string, sizes: MatmulSizes, caps: DeviceCaps) {
  // It can run, so the device has matrices.
  if (variant === 'matrix')
    return rankPlans(sizes, sizedTiles(findMatrixShape(caps) as MatrixShape));
  return variant === 'tiled' ? rankPlans(sizes, tiles) : [];
}
