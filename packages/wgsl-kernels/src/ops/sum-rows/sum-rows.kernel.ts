// Specs, params and grids of the row sum kernels, and how many parts a long sum is split into.

import { type DType, defineVariants, foldGrid } from '@vulpes/tensor-core';
import { defineKernel } from '../../define-kernel.ts';
import { avoidBarriersOnCpu } from '../../lib/prefer.ts';
import { threadGrid, vectorType, vectorWidth } from '../../lib/vector.ts';
import sumRowsScalarWgsl from './sum-rows.scalar.wgsl';
import sumRowsTiledWgsl from './sum-rows.tiled.wgsl';

export interface SumRowsDims {
  readonly rows: number;
  /** Elements in a row. */
  readonly columns: number;
  readonly parts: number;
  readonly rowsPerPart: number;
  /** f32 or f16. */
  readonly dtypes: { readonly x: DType; readonly y: DType };
}

/** Parts of a long sum whose threads add one after the other: with 192 vectors of a row a GPU has 100,000 threads, which it needs to read at the speed of its memory. */
const MAX_PARTS = 512;

/** Rows that one thread of a split sum adds, at least 16. */
export const rowsPerPart = (rows: number): number => Math.max(16, Math.ceil(rows / MAX_PARTS));

/** Rows that `tiled` adds at a time, or more where they are narrow, and how many of them a thread adds at most where one launch is to do. */
const [TILED_ROWS, TILED_DEPTH] = [64, 32];

/** One launch for partial sums of other kernels; a longer sum is split so that a second launch can add its parts. */
const tiledRowsPerPart = (rows: number): number => {
  const most = TILED_ROWS * TILED_DEPTH;
  return rows <= most ? rows : Math.max(8 * TILED_ROWS, Math.ceil(rows / most));
};

const shape = {
  bindings: ['x:read', 'y:write'],
  params: ({ columns }: SumRowsDims) => ({ columns: columns / vectorWidth(columns) }),
} as const;

const toVectorSpec = ({ columns, dtypes }: SumRowsDims) => {
  const width = vectorWidth(columns);
  const [X, Y] = [vectorType(width, dtypes.x), vectorType(width, dtypes.y)];
  return { Vector: vectorType(width), X, Y };
};

export const sumRowsScalar = defineKernel({
  ...shape,
  name: 'sum-rows.scalar',
  source: sumRowsScalarWgsl,
  select: (dims: SumRowsDims) => ({ WG_SIZE: 64, ...toVectorSpec(dims) }),
  grid: ({ parts, columns }, { WG_SIZE }) =>
    threadGrid((parts * columns) / vectorWidth(columns), WG_SIZE),
});

export const sumRowsTiled = defineKernel({
  ...shape,
  name: 'sum-rows.tiled',
  source: sumRowsTiledWgsl,
  select: (dims: SumRowsDims) => {
    const vectors = dims.columns / vectorWidth(dims.columns);
    const COLUMNS = [1, 2].find((columns) => columns === vectors) ?? 256 / TILED_ROWS;
    return { WG_SIZE: 256, COLUMNS, ...toVectorSpec(dims) };
  },
  grid: ({ parts, columns }, { COLUMNS }) =>
    foldGrid(parts * Math.ceil(columns / vectorWidth(columns) / COLUMNS)),
  // t_sums
  workgroupBytes: ({ WG_SIZE, Vector }) => WG_SIZE * (Vector === 'f32' ? 4 : 16),
});

export const sumRowsVariants = defineVariants<
  { readonly rows: number },
  {
    readonly kernel: typeof sumRowsTiled | typeof sumRowsScalar;
    /** Rows that one part of a split sum adds. */
    readonly rowsPerPart: (rows: number) => number;
  }
>('sum-rows', [
  {
    name: 'tiled',
    kernel: sumRowsTiled,
    rowsPerPart: tiledRowsPerPart,
    avoid: avoidBarriersOnCpu,
  },
  { name: 'scalar', kernel: sumRowsScalar, rowsPerPart },
]);
