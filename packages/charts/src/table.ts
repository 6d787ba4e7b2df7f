// A table of a page: it scrolls in its own frame, its head stays in sight, numbers are set to the right.

import { ChartError } from './chart-error.ts';
import { escapeText } from './text.ts';

export interface Table {
  columns: readonly string[];
  /**
   * Columns of numbers, or of text that begins with one (`2.00×`, `3.1 (2.9-3.4)`), are set to the right.
   * Equal cells of the first column, one under another, are merged.
   */
  rows: readonly (readonly (string | number)[])[];
}

/** A number with a spread, a unit, a word after it; then a star, if any, that hangs beyond the column's edge. */
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
  const head = columns.map((name, i) => cellOf('th', name, kinds[i] as string, ' scope="col"'));
  return [
    `<div class="wide" role="region" tabindex="0" aria-label="${escapeText(heading)}"><table>`,
    `<thead><tr>${head.join('')}</tr></thead>`,
    '<tbody>',
    ...rows.map((_, place) => rowOf(rows, place, kinds)),
    '</tbody>',
    '</table></div>',
  ].join('\n');
}

function rowOf(rows: Table['rows'], place: number, kinds: readonly string[]): string {
  const row = rows[place] as Table['rows'][number];
  const isMerged = place > 0 && rows[place - 1]?.[0] === row[0];
  const next = rows.findIndex((other, i) => i > place && other[0] !== row[0]);
  const span = (next < 0 ? rows.length : next) - place;
  const cells = row.map((cell, i) => {
    if (i === 0 && isMerged) return '';
    const more = i === 0 && span > 1 ? ` rowspan="${span}"` : '';
    return cellOf('td', String(cell), kinds[i] as string, more);
  });
  return `<tr>${cells.join('')}</tr>`;
}

/** Class of a column: of numbers where most of its filled cells are some (or none is filled), long text, or none. */
function kindOf(cells: readonly string[]): string {
  const filled = cells.filter((cell) => !BLANK.includes(cell));
  const numbers = filled.filter((cell) => NUMBER.test(cell));
  if (filled.length === 0 || numbers.length > filled.length / 2) return 'number';
  return filled.some((cell) => cell.length > LONG) ? 'text' : '';
}

function cellOf(tag: 'th' | 'td', text: string, kind: string, more: string): string {
  const isStarred = kind === 'number' && text.endsWith(' *');
  const content = isStarred
    ? `${escapeText(text.slice(0, -2))}<span class="star"> *</span>`
    : escapeText(text);
  return `<${tag}${more}${kind ? ` class="${kind}"` : ''}>${content}</${tag}>`;
}
