// Subgroup matrices: which the device has, the tile of C that a workgroup owns, and the parts of K. Pure.

import { type DeviceCaps, findMissing, type SubgroupMatrixConfig } from '@vulpes/tensor-core';
import { kPerSplit, type MatmulDims } from './plan.ts';

/** A product [M, K] by [K, N] of f16 matrices, summed in f32, that a subgroup does at once. */
export interface MatrixShape {
  readonly M: number;
  readonly N: number;
  readonly K: number;
  /** Threads of a subgroup. */
  readonly threads: number;
}

/** Subgroups of a workgroup, and matrices of C that each owns. */
export interface MatrixTile {
  readonly subgroupsM: number;
  readonly subgroupsN: number;
  readonly matricesM: number;
  readonly matricesN: number;
  /** Workgroups that a core of a GPU holds at once: memory and registers allow no more. */
  readonly resident: number;
  /** Clocks for a slice of K on a core of an H100: of each workgroup on a full core, and at least. */
  readonly sliceClocks: number;
  readonly minSliceClocks: number;
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

/** The largest matrices that the kernel can use; null if the device has none. */
export function findMatrixShape({
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

/** Cores of a GPU: of an H100, as adapters do not tell theirs. */
const CORES = 132;
/** Clocks before the first and after the last slice of a workgroup, and of one more launch. */
const EDGE_CLOCKS = 4000;
const LAUNCH_CLOCKS = 4000;
/** Memory traffic of the whole GPU. */
const BYTES_PER_CLOCK = 1700;
const MAX_SPLITS = 64;
/** Slices that are worth a workgroup of their own. */
const MIN_SLICES = 4;

type Sizes = Pick<MatmulDims, 'm' | 'n' | 'k' | 'batch'>;

/** How a product is divided. */
export interface MatrixPlan {
  readonly tile: MatrixTile;
  /** Parts of K. */
  readonly splits: number;
}

/** Clocks of a product on a GPU: workgroups run in waves, and the last one may leave cores empty. */
export function matrixClocks(sizes: Sizes, { tile, splits }: MatrixPlan, shape: MatrixShape) {
  const { m, n, k, batch } = sizes;
  const { tileM, tileN } = tileSize(tile, shape);
  const groups = Math.ceil(m / tileM) * Math.ceil(n / tileN) * batch * splits;
  const slices = kPerSplit(k, splits, SLICE_K) / SLICE_K;
  const waveClocks = (resident: number) =>
    slices * Math.max(resident * tile.sliceClocks, tile.minSliceClocks) + EDGE_CLOCKS;
  const wave = CORES * tile.resident;
  const rest = groups % wave;
  const clocks =
    Math.floor(groups / wave) * waveClocks(tile.resident) +
    (rest > 0 ? waveClocks(Math.ceil(rest / CORES)) : 0);
  return clocks + (splits > 1 ? splitClocks(sizes, splits) : 0);
}

/** Partial sums are written, read, and added to C. */
const splitClocks = ({ m, n, batch }: Sizes, splits: number): number =>
  LAUNCH_CLOCKS + (m * n * batch * 4 * (2 * splits + 1)) / BYTES_PER_CLOCK;

/** Every number of parts that leaves none of them empty. */
function listSplits(k: number): number[] {
  const slices = Math.ceil(k / SLICE_K);
  const most = Math.max(1, Math.min(MAX_SPLITS, Math.floor(slices / MIN_SLICES)));
  const counts = Array.from({ length: most }, (_, index) =>
    Math.ceil(slices / Math.ceil(slices / (index + 1))),
  );
  return [...new Set(counts)];
}

/** The cheapest tile and number of splits. */
export function planMatrixProduct(sizes: Sizes, shape: MatrixShape): MatrixPlan {
  const plans = Object.values(MATRIX_TILES).flatMap((tile) =>
    listSplits(sizes.k).map((splits) => ({ tile, splits })),
  );
  return plans.reduce((best, plan) =>
    matrixClocks(sizes, plan, shape) < matrixClocks(sizes, best, shape) ? plan : best,
  );
}
