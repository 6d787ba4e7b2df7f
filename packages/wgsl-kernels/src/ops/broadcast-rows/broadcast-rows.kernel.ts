// Spec, params and grid of the row broadcast kernel.

import { defineKernel } from '../../define-kernel.ts';
import { threadGrid } from '../../lib/vector.ts';
import broadcastRowsWgsl from './broadcast-rows.wgsl';

interface Dims {
  readonly rows: number;
  readonly columns: number;
}

export const broadcastRowsKernel = defineKernel({
  name: 'broadcast-rows',
  source: broadcastRowsWgsl,
  bindings: ['row_values:read', 'y:write'],
  select: (_dims: Dims) => ({ WG_SIZE: 64 }),
  grid: ({ rows, columns }, { WG_SIZE }) => threadGrid(rows * columns, WG_SIZE),
});
