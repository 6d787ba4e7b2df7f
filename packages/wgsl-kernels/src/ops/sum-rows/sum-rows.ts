// Column sums of a matrix, the same bits every time: how biases and norm weights get their gradient.

import type { Tensor } from '@vulpes/tensor-core';
import { rowsPerPart, sumRowsKernel } from './sum-rows.kernel.ts';

/**
 * Sum over all rows; a plain kernel function without a gradient.
 * @param x - f32, read as [size / columns, columns]
 * @returns [columns], owned by the scope
 */
export function sumRows(x: Tensor, columns: number): Tensor {
  const rows = x.size / columns;
  const perPart = rowsPerPart(rows);
  const parts = Math.ceil(rows / perPart);
  return parts === 1
    ? sumParts(x, { rows, columns, perPart: rows })
    : sumParts(sumParts(x, { rows, columns, perPart }), { rows: parts, columns, perPart: parts });
}

function sumParts(
  x: Tensor,
  { rows, columns, perPart }: { rows: number; columns: number; perPart: number },
): Tensor {
  const parts = Math.ceil(rows / perPart);
  const y = x.device.empty(parts === 1 ? [columns] : [parts, columns], { label: 'sum of rows' });
  sumRowsKernel.run(x.device, {
    dims: { rows, columns, parts, rowsPerPart: perPart },
    tensors: { x, y },
  });
  return y;
}
