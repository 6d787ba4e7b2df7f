// Documents that share a sequence: where each begins, and the labels between them, which do not count.

import type { TokenBatch } from './batches.ts';

/** A label that does not count. */
export const NO_LABEL = -100;

/** @param starts - per row, where documents begin within its inputs and the last label, ascending */
export function packRows(
  { inputs, labels, shape }: TokenBatch,
  starts: readonly Int32Array[],
): TokenBatch {
  const [rows, length] = shape;
  const packed = labels.slice();
  const bounds = starts.map((row, index) => {
    // Position p is the label of p − 1, which is in the document before.
    for (const start of row) if (start > 0) packed[index * length + start - 1] = NO_LABEL;
    return [0, ...row.filter((start) => start > 0 && start < length)];
  });
  const width = boundsWidth(bounds);
  const cuSeqlens = new Int32Array(rows * width).fill(length);
  for (const [index, row] of bounds.entries()) cuSeqlens.set(row, index * width);
  return { inputs, labels: packed, shape, cuSeqlens };
}

/** The next power of two above the most documents of a row: a step is recorded anew for each width. Documents at the end are empty. */
function boundsWidth(bounds: readonly (readonly number[])[]): number {
  const most = Math.max(...bounds.map((row) => row.length));
  return Math.max(8, 2 ** Math.ceil(Math.log2(most + 1)));
}

/** Labels of a batch that count. */
export function countLabels({ labels, cuSeqlens }: TokenBatch): number {
  if (!cuSeqlens) return labels.length;
  return labels.reduce((count, label) => count + Number(label !== NO_LABEL), 0);
}
