// Spec, params and grid of the row sum kernel, and how many parts a long sum is split into.

import { defineKernel } from '../../define-kernel.ts';
import { threadGrid, vectorType, vectorWidth } from '../../lib/vector.ts';
import sumRowsWgsl from './sum-rows.wgsl';

export interface SumRowsDims {
  readonly rows: number;
  /** Elements in a row. */
  readonly columns: number;
  readonly parts: number;
  readonly rowsPerPart: number;
}

/** Rows that one part of a split sum adds: enough parts to fill a GPU, at least 16 rows each. */
export const rowsPerPart = (rows: number): number => Math.max(16, Math.ceil(rows / 128));

export const sumRowsKernel = defineKernel({
  name: 'sum-rows',
  source: sumRowsWgsl,
  bindings: ['x:read', 'y:write'],
  params: ({ columns }: SumRowsDims) => ({ columns: columns / vectorWidth(columns) }),
  select: ({ columns }: SumRowsDims) => ({ WG_SIZE: 64, Vector: vectorType(vectorWidth(columns)) }),
  grid: ({ parts, columns }, { WG_SIZE }) =>
    threadGrid((parts * columns) / vectorWidth(columns), WG_SIZE),
});
