// Numbers and columns as text.

import type { Summary } from '../schema.ts';

/** `2.48 (1.41-3.83)`: median, p10, p90. */
export const spread = ({ median, p10, p90 }: Summary, digits: number, unit = ''): string =>
  `${median.toFixed(digits)}${unit} (${p10.toFixed(digits)}-${p90.toFixed(digits)})`;

/** Of the blocks, in percent; `-` where nothing can be pruned. */
export const kept = (prunedShare: number | null): string =>
  prunedShare === null ? '-' : `${(100 * (1 - prunedShare)).toFixed(1)} %`;

/** `1 case`, `2 cases` */
export const counted = (number: number, noun: string): string =>
  `${number} ${noun}${number === 1 ? '' : 's'}`;

/** Pads every column but a line's last to its widest cell. A line with a refusal may run over. */
export function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const full = rows.filter((row) => row.length === rows[0]?.length);
  const widths = rows[0]?.map((_, column) =>
    Math.max(...full.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === row.length - 1 ? cell : cell.padEnd(widths?.[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
}
