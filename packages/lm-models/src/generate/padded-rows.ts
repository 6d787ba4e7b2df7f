// Rows of unequal length as one batch, padded on the left.

import type { Device, Tensor } from '@vulpes/tensor-core';

export interface PaddedRows {
  readonly rows: readonly ArrayLike<number>[];
  /** [B] */
  readonly seqStart: Int32Array<ArrayBuffer>;
  readonly length: number;
}

/** Any id: padding is not seen. */
const PADDING = 0;

export function padRows(rows: readonly ArrayLike<number>[]): PaddedRows {
  const length = Math.max(...rows.map((row) => row.length));
  return { rows, length, seqStart: Int32Array.from(rows, (row) => length - row.length) };
}

/** i32 [B, end − begin], columns of the padded rows. */
export function idsBetween(
  device: Device,
  { rows, seqStart }: PaddedRows,
  [begin, end]: readonly [number, number],
): Tensor {
  const ids = rows.flatMap((row, b) =>
    Array.from({ length: end - begin }, (_, i) => row[begin + i - seqStart[b]!] ?? PADDING),
  );
  return device.tensor(Int32Array.from(ids), [rows.length, end - begin], { label: 'inputIds' });
}
