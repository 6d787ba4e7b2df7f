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

/** Rows that one part of a split sum adds: enough parts to fill a GPU, at least 16 rows each. */
export const rowsPerPart = (rows: number): number => Math.max(16, Math.ceil(rows / 128));

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
