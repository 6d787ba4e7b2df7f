// What measured times of products depend on, besides the adapter: the text of the kernels, and their tiles.

import { fingerprint } from '@vulpes/tensor-core';
import matmulMatrixWgsl from './matmul.matrix.wgsl';
import matmulTiledWgsl from './matmul.tiled.wgsl';
import loopWgsl from './matmul.tiled-loop.wgsl';
import { type MatrixLayout, matrixSource } from './matrix-source.ts';
import { MATRIX_TILES, type MatrixTile } from './matrix-tiles.ts';
import { TILES } from './plan.ts';
import { largeTiledSource } from './tiled-source.ts';

/** One text of the generator stands for all: the others differ in the same places. */
const layoutOf = (tile: MatrixTile): MatrixLayout => ({
  ...{ shape: { M: 16, N: 16, K: 16, threads: 32 }, tile, transposeA: false, transposeB: true },
  ...{ a: 'half8', b: 'half8', c: 'half8', tailK: 'ranks', isPinned: true },
});

let known: string | null = null;

/** Of the products' kernels of this version. */
export function matmulFingerprint(): string {
  const aligned = { transposeA: false, transposeB: true, alignedC: true };
  known ??= fingerprint(
    [
      ...[matmulMatrixWgsl, ...Object.values(MATRIX_TILES).map(layoutOf).map(matrixSource)],
      ...[matmulTiledWgsl, loopWgsl, largeTiledSource(aligned)],
      JSON.stringify([MATRIX_TILES, TILES]),
    ].join('\n'),
  );
  return known;
}
