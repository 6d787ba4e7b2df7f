// The workgroup-memory matmul kernel for GPUs.

import { defineKernel } from '../../define-kernel.ts';
import { vectorType } from '../../lib/vector.ts';
import matmulTiledWgsl from './matmul.tiled.wgsl';
import loopWgsl from './matmul.tiled-loop.wgsl';
import { MATMUL_BINDINGS, matmulParams } from './params.ts';
import { isAligned, type MatmulDims, TILES, type Tile } from './plan.ts';
import { LARGE_TILE_BYTES, type LargeTile, largeTiledSource } from './tiled-source.ts';

interface TileSpec {
  readonly [name: string]: number | boolean | string;
  readonly TILE_M: number;
  readonly TILE_N: number;
  readonly TILE_K: number;
  readonly TRANSPOSE_A: boolean;
  readonly TRANSPOSE_B: boolean;
}

/** Spec of a launch on a tile. Pure. */
export function selectTiledSpec(dims: MatmulDims, tile: Tile): TileSpec {
  const alignedA = isAligned(dims.offsetA, dims.lda, dims.strideA);
  const alignedB = isAligned(dims.offsetB, dims.ldb, dims.strideB);
  return {
    TILE_M: tile.tileM,
    TILE_N: tile.tileN,
    TILE_K: tile.sliceK,
    ROWS: tile.rows,
    COLS: tile.cols,
    TRANSPOSE_A: dims.transposeA,
    TRANSPOSE_B: dims.transposeB,
    ALIGNED_A: alignedA,
    ALIGNED_B: alignedB,
    ACCUMULATE: dims.accumulate,
    StoredA: vectorType(alignedA ? 4 : 1, dims.dtypeA),
    StoredB: vectorType(alignedB ? 4 : 1, dims.dtypeB),
    StoredC: dims.dtypeC,
    VectorA: vectorType(4, dims.dtypeA),
    VectorB: vectorType(4, dims.dtypeB),
  };
}

/** Bytes of a tile stored `rows` × `length`, a vec4 of padding at the end of each row. */
const paddedTile = (rows: number, length: number): number => rows * (length / 4 + 1) * 16;

/** Workgroup memory in bytes. */
export const tiledWorkgroupBytes = (spec: TileSpec): number =>
  (spec.TRANSPOSE_A ? paddedTile(spec.TILE_K, spec.TILE_M) : paddedTile(spec.TILE_M, spec.TILE_K)) + // t_a
  (spec.TRANSPOSE_B ? paddedTile(spec.TILE_N, spec.TILE_K) : paddedTile(spec.TILE_K, spec.TILE_N)); // t_b

const shared = {
  bindings: MATMUL_BINDINGS,
  params: matmulParams,
  grid: ({ m, n, batch, splits }: MatmulDims, spec: TileSpec): [number, number, number] => [
    Math.ceil(n / spec.TILE_N),
    Math.ceil(m / spec.TILE_M),
    batch * splits,
  ],
} as const;

const defineTiled = (tile: Tile) =>
  defineKernel({
    ...shared,
    name: `matmul.tiled-${tile.tileM}x${tile.tileN}`,
    source: `${matmulTiledWgsl}\n${loopWgsl}`,
    select: (dims: MatmulDims) => selectTiledSpec(dims, tile),
    workgroupBytes: tiledWorkgroupBytes,
  });

/** Tiles whose threads own 4 × 4 values. */
export const tiledMatmul = { medium: defineTiled(TILES.medium), small: defineTiled(TILES.small) };

const defineLarge = (tile: LargeTile) =>
  defineKernel({
    ...shared,
    name: `matmul.tiled-${largeName(tile)}`,
    source: `${matmulTiledWgsl}\n${largeTiledSource(tile)}`,
    select: (dims: MatmulDims) => ({
      ...selectTiledSpec(dims, TILES.large),
      StoredC: vectorType(tile.alignedC ? 4 : 1, dims.dtypeC),
    }),
    workgroupBytes: () => LARGE_TILE_BYTES,
  });

const largeName = ({ transposeA, transposeB, alignedC }: LargeTile): string =>
  `${TILES.large.tileM}x${TILES.large.tileN}-${transposeA ? 't' : 'n'}${transposeB ? 't' : 'n'}${alignedC ? '-vec4' : ''}`;

const largeKernels = new Map<string, ReturnType<typeof defineLarge>>();

/** The kernel of tiles of 128 × 128; made at first use. */
export function largeTiledMatmul(tile: LargeTile): ReturnType<typeof defineLarge> {
  const name = largeName(tile);
  const kernel = largeKernels.get(name) ?? defineLarge(tile);
  largeKernels.set(name, kernel);
  return kernel;
}
