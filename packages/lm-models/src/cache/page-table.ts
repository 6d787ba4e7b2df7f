// Which page holds which tokens of which key head: host bookkeeping of one layer, no GPU in it.

import { PAGE_SIZE } from '@vulpes/fox-attention';

export interface PageTableDims {
  readonly batch: number;
  readonly numKvHeads: number;
  /** [B], first token of each row that is not padding: pages wholly before it are never allotted. */
  readonly seqStart: ArrayLike<number> | null;
}

const NO_PAGE = -1;

export class PageTable {
  readonly #dims: PageTableDims;
  /** Of each (b, g): the page of each column. */
  readonly #columns: number[][];
  /** Of each (b, g): columns before it are freed, or were never filled. */
  readonly #first: number[];
  /** Pages given back, the next to be used last. */
  readonly #free: number[] = [];
  #pageCount = 0;

  constructor(dims: PageTableDims) {
    this.#dims = dims;
    const heads = dims.batch * dims.numKvHeads;
    this.#columns = Array.from({ length: heads }, () => []);
    this.#first = Array.from({ length: heads }, (_, head) => this.#firstColumn(head));
  }

  /** Pages that a pool must have: the largest number ever held at once. */
  get pageCount(): number {
    return this.#pageCount;
  }

  /** Pages in use. */
  get heldPages(): number {
    return this.#pageCount - this.#free.length;
  }

  /** Columns of 32 tokens that have been reached. */
  get columnCount(): number {
    return this.#columns[0]?.length ?? 0;
  }

  /** Pages of a text of that length if nothing is ever freed. */
  countPages(length: number): number {
    return this.#columns.reduce(
      (sum, _, head) => sum + Math.max(0, countColumns(length) - this.#firstColumn(head)),
      0,
    );
  }

  /** Allots pages for tokens up to `length`. @returns whether the table changed. */
  extend(length: number): boolean {
    const target = countColumns(length);
    if (target <= this.columnCount) return false;
    for (const [head, columns] of this.#columns.entries()) {
      while (columns.length < target) {
        const isPadding = columns.length < this.#firstColumn(head);
        columns.push(isPadding ? NO_PAGE : this.#take());
      }
    }
    return true;
  }

  /** Frees the pages of key head `head` = b · Hkv + g before a column. @returns whether there were any. */
  release(head: number, firstColumn: number): boolean {
    const columns = this.#columns[head] as number[];
    const before = this.#first[head] as number;
    const end = Math.min(firstColumn, columns.length);
    for (let column = before; column < end; column++) {
      this.#free.push(columns[column] as number);
      columns[column] = NO_PAGE;
    }
    this.#first[head] = Math.max(before, end);
    return end > before;
  }

  /** i32 [B, Hkv, maxPages], −1 where there is no page. */
  entries(maxPages: number): Int32Array<ArrayBuffer> {
    const entries = new Int32Array(this.#columns.length * maxPages).fill(NO_PAGE);
    for (const [head, columns] of this.#columns.entries()) entries.set(columns, head * maxPages);
    return entries;
  }

  #take(): number {
    return this.#free.pop() ?? this.#pageCount++;
  }

  #firstColumn(head: number): number {
    const { seqStart, numKvHeads } = this.#dims;
    return Math.floor((seqStart?.[Math.floor(head / numKvHeads)] ?? 0) / PAGE_SIZE);
  }
}

export const countColumns = (length: number): number => Math.ceil(length / PAGE_SIZE);
