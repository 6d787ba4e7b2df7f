// Spec, params and grid of the row sum kernel, and how many parts a long sum is split into.

import type { DType } from '@vulpes/tensor-core';
import { defineKernel } from '../../define-kernel.ts';
import { threadGrid, vectorType, vectorWidth } from '../../lib/vector.ts';
import sumRowsWgsl from './sum-rows.wgsl';

export interface SumRowsDims {
  readonly rows: number;
  /** Elements in a row. */
  readonly columns: number;
  readonly parts: number;
  readonly rowsPerPart: number;
  /** f32 or f16. */
  readonly dtypes: { readonly x: DType; readonly y: DType };
}

/** Parts of a long sum: with 192 vectors of a row a GPU has 100,000 threads, which it needs to read at the speed of its memory. */
const MAX_PARTS = 512;

/** Rows that one part of a split sum adds, at least 16. */
export const rowsPerPart = (rows: number): number => Math.max(16, Math.ceil(rows / MAX_PARTS));

export const sumRowsKernel = defineKernel({
  name: 'sum-rows',
  source: sumRowsWgsl,
  bindings: ['x:read', 'y:write'],
  params: ({ columns }: SumRowsDims) => ({ columns: columns / vectorWidth(columns) }),
  select: ({ columns, dtypes }: SumRowsDims) => {
    const width = vectorWidth(columns);
    const [X, Y] = [vectorType(width, dtypes.x), vectorType(width, dtypes.y)];
    return { WG_SIZE: 64, Vector: vectorType(width), X, Y };
  },
  grid: ({ parts, columns }, { WG_SIZE }) =>
    threadGrid((parts * columns) / vectorWidth(columns), WG_SIZE),
});
