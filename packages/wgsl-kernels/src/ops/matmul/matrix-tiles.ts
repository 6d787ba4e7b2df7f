// Subgroup matrices: which the device has, the tile of C that a workgroup owns, and the parts of K. Pure.

import { type DeviceCaps, findMissing, type SubgroupMatrixConfig } from '@vulpes/tensor-core';
import type { MatmulDims } from './plan.ts';
import { planProduct, type WavePlan, type WaveTile } from './waves.ts';

/** A product [M, K] by [K, N] of f16 matrices, summed in f32, that a subgroup does at once. */
export interface MatrixShape {
  readonly M: number;
  readonly N: number;
  readonly K: number;
  /** Threads of a subgroup. */
  readonly threads: number;
}

/** Subgroups of a workgroup, and matrices of C that each owns. */
export interface MatrixTile extends Pick<WaveTile, 'resident' | 'sliceClocks' | 'minSliceClocks'> {
  readonly subgroupsM: number;
  readonly subgroupsN: number;
  readonly matricesM: number;
  readonly matricesN: number;
}

/** With matrices of 16 × 16: 128 × 128, 64 × 64 and 32 × 32. */
export const MATRIX_TILES = {
  large: {
    ...{ subgroupsM: 2, subgroupsN: 2, matricesM: 4, matricesN: 4 },
    ...{ resident: 2, sliceClocks: 750, minSliceClocks: 900 },
  },
  small: {
    ...{ subgroupsM: 2, subgroupsN: 2, matricesM: 2, matricesN: 2 },
    ...{ resident: 4, sliceClocks: 350, minSliceClocks: 600 },
  },
  tiny: {
    ...{ subgroupsM: 2, subgroupsN: 2, matricesM: 1, matricesN: 1 },
    ...{ resident: 8, sliceClocks: 180, minSliceClocks: 450 },
  },
} as const satisfies Record<string, MatrixTile>;

/** Ranks of K that are staged in workgroup memory at once. */
export const SLICE_K = 32;

/** What every access to workgroup memory moves, in bytes, and halves of that. */
export const UNIT_BYTES = 16;
export const HALVES = 8;

export interface TileSize {
  readonly tileM: number;
  readonly tileN: number;
  /** Threads of the workgroup. */
  readonly threads: number;
}

export const tileSize = (tile: MatrixTile, shape: MatrixShape): TileSize => ({
  tileM: tile.subgroupsM * tile.matricesM * shape.M,
  tileN: tile.subgroupsN * tile.matricesN * shape.N,
  threads: tile.subgroupsM * tile.subgroupsN * shape.threads,
});

const takesHalf = ({ componentType, resultComponentType }: SubgroupMatrixConfig): boolean =>
  componentType === 'f16' && resultComponentType === 'f32';

/** Whether rows of staged slices and of results are whole units, and threads share them evenly. */
function fits(config: SubgroupMatrixConfig, threads: number): boolean {
  const { M, N, K } = config;
  if (M % HALVES || N % HALVES || K % HALVES || SLICE_K % K) return false;
  return Object.values(MATRIX_TILES).every((tile) => {
    const size = tileSize(tile, { M, N, K, threads });
    const units = [size.tileM, size.tileN].map((side) => (side * SLICE_K) / HALVES);
    const results = (M * tile.matricesN * N) / HALVES;
    return (
      units.every((count) => count % size.threads === 0) &&
      size.threads % (size.tileM / HALVES) === 0 &&
      size.threads % (size.tileN / HALVES) === 0 &&
      size.threads % 32 === 0 &&
      results % threads === 0
    );
  });
}

const shapes = new WeakMap<DeviceCaps, MatrixShape | null>();

/** The largest matrices that the kernel can use; null if the device has none. Asked at each launch, so remembered. */
export function findMatrixShape(caps: DeviceCaps): MatrixShape | null {
  const known = shapes.get(caps);
  const shape = known === undefined ? findLargest(caps) : known;
  shapes.set(caps, shape);
  return shape;
}

function findLargest({
  subgroupMatrixConfigs,
  subgroupMaxSize: threads,
}: DeviceCaps): MatrixShape | null {
  const usable = subgroupMatrixConfigs.filter(
    (config) => takesHalf(config) && fits(config, threads),
  );
  const [largest] = usable.sort((a, b) => b.M * b.N * b.K - a.M * a.N * a.K);
  return largest ? { M: largest.M, N: largest.N, K: largest.K, threads } : null;
}

/** Why a device cannot run the kernel; null if it can. */
export function findMatrixObstacle(caps: DeviceCaps): string | null {
  const [obstacle = null] = [
    ...findMissing({ features: ['f16', 'subgroupMatrix'] }, caps),
    // Which thread is in which subgroup has to be known when the kernel is compiled.
    ...findMissing({ hasOneSubgroupSize: true }, caps),
    ...(findMatrixShape(caps) ? [] : ['needs subgroup matrices f16 -> f32 of 8 or 16 a side']),
  ];
  return obstacle;
}

export type SizedMatrixTile = MatrixTile & WaveTile & { readonly name: string };

/** The tiles as large as they are with matrices of a shape. */
export function sizedTiles(shape: MatrixShape): readonly SizedMatrixTile[] {
  const tiles = tilesOfShape.get(shape) ?? sizeTiles(shape);
  tilesOfShape.set(shape, tiles);
  return tiles;
}

/** The cheapest tile and number of splits. */
export const planMatrixProduct = (
  sizes: Pick<MatmulDims, 'm' | 'n' | 'k' | 'batch'>,
  shape: MatrixShape,
): WavePlan<SizedMatrixTile> => planProduct(sizes, sizedTiles(shape));

const tilesOfShape = new WeakMap<MatrixShape, readonly SizedMatrixTile[]>();

const sizeTiles = (shape: MatrixShape): SizedMatrixTile[] =>
  Object.entries(MATRIX_TILES).map(([name, tile]) => ({
    ...tile,
    name,
    ...tileSize(tile, shape),
    sliceK: SLICE_K,
  }));
