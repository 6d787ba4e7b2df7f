// A table of a page: it scrolls in its own frame, its head stays in sight, numbers are set to the right.

import { ChartError } from './chart-error.ts';
import { escapeText } from './text.ts';

export interface Table {
  columns: readonly string[];
  /** Columns of numbers, or of text that begins with one (`2.00×`, `3.1 (2.9-3.4)`), are set to the right. */
  rows: readonly (readonly (string | number)[])[];
}

/** A number with a spread, a unit, a word or a star after it. */
const NUMBER =
  /^[<≥≤~]?[+\-−]?\d[\d.,]*(e[+\-−]?\d+)?( ?(%|×|[KMG]iB|GB|ms|s))?( \([^)]*\))?( [a-zA-Z]+)?( \*)?$/;
const BLANK = ['', '-'];
/** Characters from which a cell is text that may be broken into lines. */
const LONG = 28;

/** @throws ChartError for ragged rows. */
export function tableOf(heading: string, { columns, rows }: Table): string {
  const ragged = rows.find((row) => row.length !== columns.length);
  if (ragged) {
    throw new ChartError(
      `htmlPage: expected ${columns.length} cells in each row of the table in "${heading}", got ${ragged.length}.`,
    );
  }
  const kinds = columns.map((_, i) => kindOf(rows.map((row) => String(row[i]))));
  const line = (tag: 'th' | 'td', cells: readonly (string | number)[]): string => {
    const made = cells.map((cell, i) => {
      return `<${tag}${kinds[i]}>${escapeText(String(cell))}</${tag}>`;
    });
    return `<tr>${made.join('')}</tr>`;
  };
  return [
    `<div class="wide" role="region" tabindex="0" aria-label="${escapeText(heading)}"><table>`,
    `<thead>${line('th', columns)}</thead>`,
    '<tbody>',
    ...rows.map((row) => line('td', row)),
    '</tbody>',
    '</table></div>',
  ].join('\n');
}

/** The class of a column's cells: of numbers where most of its filled cells are some (or none is filled), long text, or none. */
function kindOf(cells: readonly string[]): string {
  const filled = cells.filter((cell) => !BLANK.includes(cell));
  const numbers = filled.filter((cell) => NUMBER.test(cell));
  if (filled.length === 0 || numbers.length > filled.length / 2) return ' class="number"';
  return filled.some((cell) => cell.length > LONG) ? ' class="text"' : '';
}
