// The pure choices of products whose A has few rows: which they are, rows of B a workgroup, loads a thread.

import { vectorType } from '../../lib/vector.ts';
import { isAligned, type MatmulDims } from './plan.ts';

/** Rows of A up to which reading B is what takes the time. */
const MAX_ROWS = 8;

type Sizes = Pick<MatmulDims, 'm' | 'n' | 'batch' | 'transposeA' | 'transposeB'>;

/** Whether the product is A [m, k] B [n, k]ᵀ with at most 8 rows m: both matrices are read along K. */
export const hasFewRows = ({ m, transposeA, transposeB }: Sizes): boolean =>
  m <= MAX_ROWS && !transposeA && transposeB;

/** Workgroups of one subgroup each that keep a GPU of some hundred cores busy. */
const BUSY_GROUPS = 1024;
/** Sums that a thread holds in registers: with 8 rows of A, one row of B was faster than two (15.1 and 19.3 µs at 3,584 × 768, H200). */
const MAX_SUMS = 8;
/** Vectors that a thread holds in registers. */
const MAX_LOADS = 8;

/** Rows of B that a workgroup owns: several where there are enough, as each shares the reads of A. */
export const selectRowsB = ({ m, n, batch }: Sizes): number =>
  [4, 2].find((rows) => m * rows <= MAX_SUMS && Math.ceil(n / rows) * batch >= BUSY_GROUPS) ?? 1;

/** Vectors of a row that a thread asks for at once: equal shares of what it walks, `rowsB` rows at a time. */
export function selectUnroll(vectors: number, threads: number, rowsB: number): number {
  const steps = Math.ceil(vectors / threads);
  const turns = Math.ceil((steps * rowsB) / MAX_LOADS);
  return Math.ceil(steps / turns);
}

/** Spec of a launch with `WG_SIZE` threads a workgroup. Pure. */
export function selectFewRowsSpec(dims: MatmulDims, WG_SIZE: number) {
  const { m, k, accumulate, lda, ldb, strideA, strideB, offsetA, offsetB } = dims;
  const WIDTH = isAligned(k, lda, ldb, strideA, strideB, offsetA, offsetB) ? 4 : 1;
  const ROWS_B = selectRowsB(dims);
  const UNROLL = selectUnroll(k / WIDTH, WG_SIZE, ROWS_B);
  return {
    ...{ WG_SIZE, M: m, ROWS_B, UNROLL, WIDTH },
    TAIL: k % (WG_SIZE * UNROLL * WIDTH) !== 0,
    ACCUMULATE: accumulate,
    Vector: vectorType(WIDTH),
  };
}

export type FewRowsSpec = ReturnType<typeof selectFewRowsSpec>;

/** Workgroups of a launch: groups of rows of B of each matrix. */
export const countGroups = ({ n, batch }: Sizes, { ROWS_B }: Pick<FewRowsSpec, 'ROWS_B'>): number =>
  Math.ceil(n / ROWS_B) * batch;
