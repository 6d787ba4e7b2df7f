// Column sums of a matrix, the same bits every time: how biases and norm weights get their gradient.

import type { Tensor } from '@vulpes/tensor-core';
import { sumRowsVariants } from './sum-rows.kernel.ts';

/**
 * Sum over all rows; a plain kernel function without a gradient.
 * @param x - f32 or f16, read as [size / columns, columns]
 * @param into - [columns] or another shape of as many elements; default: a new tensor
 * @returns `into`, or [columns] f32, owned by the scope
 */
export function sumRows(x: Tensor, columns: number, into?: Tensor): Tensor {
  const rows = x.size / columns;
  const { caps } = x.device;
  const perPart = sumRowsVariants.choose(caps, { rows }).rowsPerPart(rows);
  const parts = Math.ceil(rows / perPart);
  if (parts === 1) return sumParts(x, { rows, columns, perPart: rows }, into);
  const sums = sumParts(x, { rows, columns, perPart });
  return sumParts(sums, { rows: parts, columns, perPart: parts }, into);
}

function sumParts(
  x: Tensor,
  { rows, columns, perPart }: { rows: number; columns: number; perPart: number },
  into?: Tensor,
): Tensor {
  const { device } = x;
  const parts = Math.ceil(rows / perPart);
  const shape = parts === 1 ? [columns] : [parts, columns];
  const y = into ?? device.empty(shape, { label: 'sum of rows' });
  sumRowsVariants.choose(device.caps, { rows }).kernel.run(device, {
    dims: { rows, columns, parts, rowsPerPart: perPart, dtypes: { x: x.dtype, y: y.dtype } },
    tensors: { x, y },
  });
  return y;
}
