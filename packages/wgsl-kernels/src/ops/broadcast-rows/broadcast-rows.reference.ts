// A repeated row and its gradient in f64: the specification of the kernel.

/** [H] -> [rows, H] */
export const referenceBroadcastRows = (row: ArrayLike<number>, rows: number): Float64Array =>
  Float64Array.from({ length: rows * row.length }, (_, i) => row[i % row.length]!);

/** d/drow of Σ y dy, [columns] */
export function referenceBroadcastRowsBackward(
  dy: ArrayLike<number>,
  columns: number,
): Float64Array {
  const drow = new Float64Array(columns);
  for (let i = 0; i < dy.length; i++) drow[i % columns]! += dy[i]!;
  return drow;
}
