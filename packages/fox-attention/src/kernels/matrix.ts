// Sizes of the kernels on subgroup matrices: what suits an adapter's matrices, and the spec that lib/matrix.wgsl reads. Pure.

import {
  type DeviceCaps,
  type Requirements,
  type SubgroupMatrixConfig,
  UnsupportedError,
} from '@vulpes/tensor-core';
import type { AttentionDType } from '../dims.ts';

/** Logits within this bound, in nats, may pass through f16: a weight is off by 1 % at most at the bound, by 2^-11 near 0. */
export const MAX_HALF_BOUND = 16;

export const MATRIX_REQUIRES: Requirements = {
  features: ['f16', 'subgroups', 'subgroupMatrix'],
  subgroupSizes: { min: 8, max: 32 },
  hasOneSubgroupSize: true,
  limits: { maxStorageBuffersPerShaderStage: 9, maxComputeWorkgroupStorageSize: 24576 },
};

/** Square matrices and the subgroups that hold them. */
export interface MatrixShape {
  /** Rows and columns. */
  readonly side: 8 | 16;
  /** Threads of a subgroup. */
  readonly subgroup: number;
}

/** How a kernel shares out its work. */
export interface MatrixTiles {
  /** Rows of scores that a subgroup owns. */
  readonly rows: number;
  /** Tokens of a tile. */
  readonly columns: number;
  readonly subgroups: number;
}

/** What these kernels were measured with. */
const isLarge = ({ side, subgroup }: MatrixShape): boolean => side === 16 && subgroup === 32;

const offers = ({ subgroupMatrixConfigs }: DeviceCaps, side: number, result: string): boolean =>
  subgroupMatrixConfigs.some(
    ({ componentType, resultComponentType, M, N, K }: SubgroupMatrixConfig) =>
      componentType === 'f16' &&
      resultComponentType === result &&
      [M, N, K].every((size) => size === side),
  );

/** The matrices to use, 16 x 16 x 16 before 8 x 8 x 8; null where the adapter has neither. */
export function findMatrixShape(caps: DeviceCaps): MatrixShape | null {
  const sides = [16, 8] as const;
  const side = sides.find((size) => offers(caps, size, 'f16') && offers(caps, size, 'f32'));
  return side ? { side, subgroup: caps.subgroupMaxSize } : null;
}

/** @throws UnsupportedError where `supportsMatrix` says no */
export function matrixShape(caps: DeviceCaps): MatrixShape {
  const shape = findMatrixShape(caps);
  if (shape) return shape;
  throw new UnsupportedError(
    `attention: expected subgroup matrices 16x16x16 or 8x8x8, f16 -> f16 and f16 -> f32, got none. Take another variant.`,
  );
}

export function supportsMatrix(
  { dtype }: { readonly dtype: AttentionDType },
  caps: DeviceCaps,
): true | string {
  if (dtype !== 'f16') return `needs q, k and v f16, got ${dtype}`;
  return (
    findMatrixShape(caps) !== null ||
    'needs subgroup matrices 16x16x16 or 8x8x8, f16 -> f16 and f16 -> f32'
  );
}

/** 15 KiB at head dims up to 64: three workgroups share a multiprocessor of NVIDIA's. [log 2026-11-28] */
export function forwardTiles(
  { headDim }: { readonly headDim: number },
  shape: MatrixShape,
  isHalf: boolean,
): MatrixTiles {
  if (!isLarge(shape)) return { rows: Math.max(8, shape.subgroup / 2), columns: 16, subgroups: 4 };
  const isWide = headDim > 64;
  return { rows: isWide ? 16 : 32, columns: isHalf || isWide ? 32 : 16, subgroups: 4 };
}

/** 21 KiB with scores in f16 at head dims up to 64: two workgroups share a multiprocessor. One buffer where two take more than 24 KiB. */
export function backwardTiles(
  { headDim }: { readonly headDim: number },
  shape: MatrixShape,
  isHalf: boolean,
): MatrixTiles & { readonly buffers: 1 | 2 } {
  if (!isLarge(shape)) return { ...forwardTiles({ headDim }, shape, isHalf), buffers: 2 };
  const isWide = headDim > 64;
  return {
    rows: isHalf && !isWide ? 32 : 16,
    columns: 16,
    subgroups: 4,
    buffers: isWide && !isHalf ? 1 : 2,
  };
}

/** The constants of lib/matrix.wgsl. @param isHalf - whether scores pass through workgroup memory as f16 */
export function matrixSpec(
  { headDim }: { readonly headDim: number },
  { side, subgroup }: MatrixShape,
  { rows, columns, subgroups }: MatrixTiles,
  isHalf: boolean,
) {
  // A lane owns 8 columns of a row at a time, of f32 scores a whole matrix: weights overwrite the scores that it has read.
  const groups = isHalf ? 1 : side / 8;
  const lanes = Math.min(columns / 8 / groups, subgroup / 8);
  const units = headDim / 8;
  const partUnits = Math.min(units, (columns / 8) * (isHalf ? 1 : 2));
  return {
    HEAD_DIM: headDim,
    MATRIX: side,
    SUBGROUP: subgroup,
    SUBGROUPS: subgroups,
    ROWS: rows,
    COLUMNS: columns,
    HALF_SCORES: isHalf,
    Score: isHalf ? 'f16' : 'f32',
    GROUPS: groups,
    LANES_PER_ROW: lanes,
    ROW_SHUFFLES: Math.log2(lanes),
    ROW_TURNS: Math.max(1, (rows * lanes) / subgroup),
    COLUMN_TURNS: columns / 8 / groups / lanes,
    ROW_TILES: rows / side,
    COLUMN_TILES: columns / side,
    HEAD_TILES: headDim / side,
    LOADS: Math.ceil((columns * units) / (subgroup * subgroups)),
    PARTS: units / partUnits,
    PART_TILES: (partUnits * 8) / side,
  };
}
