// A row repeated for every token: how a gate that does not depend on the data meets the kernels.

import {
  ArgumentError,
  assertShape,
  defineOp,
  type ForwardContext,
  type Tensor,
} from '@vulpes/tensor-core';
import { assertDType } from '../../lib/check.ts';
import { sumRows } from '../sum-rows/sum-rows.ts';
import { broadcastRowsKernel } from './broadcast-rows.kernel.ts';

const broadcastRowsOp = defineOp({
  name: 'broadcast-rows',
  forward({
    device,
    inputs: { row },
    attrs,
  }: ForwardContext<{ row: Tensor }, { rows: number; columns: number }>) {
    const y = device.empty([attrs.rows, attrs.columns], { label: 'broadcast-rows' });
    broadcastRowsKernel.run(device, {
      dims: attrs,
      tensors: { row_values: row, y },
    });
    return { output: y };
  },
  backward: ({ dOutput, attrs }) => ({ row: sumRows(dOutput, attrs.columns) }),
});

/**
 * The same row `rows` times.
 * @param row - [H], f32
 * @returns [rows, H]
 * @throws ShapeError DTypeError ArgumentError
 */
export function broadcastRows(row: Tensor, rows: number): Tensor {
  assertDType('broadcastRows', 'row', row, 'f32');
  const { H } = assertShape('broadcastRows', 'row', row, ['H']);
  if (!Number.isInteger(rows) || rows < 1) {
    throw new ArgumentError(`broadcastRows: expected rows to be a whole number ≥ 1, got ${rows}.`);
  }
  return broadcastRowsOp({ row }, { rows, columns: H });
}
