// The pages of one layer on the device: pools that double when they are full, and the table that says which page is whose.

import { type KeyPages, PAGE_SIZE, pageBytes } from '@vulpes/fox-attention';
import type { Tensor } from '@vulpes/tensor-core';
import type { CacheGeometry } from './geometry.ts';
import { GrowableTensor } from './growable-tensor.ts';
import { countColumns, PageTable } from './page-table.ts';

export class PagePools implements Disposable {
  readonly #geometry: CacheGeometry;
  readonly #table: PageTable;
  readonly #pools: { k: GrowableTensor; v: GrowableTensor; logLambda: GrowableTensor | null };
  #tableTensor: Tensor;

  constructor(geometry: CacheGeometry) {
    const { device, headDim, hasGate } = geometry;
    this.#geometry = geometry;
    this.#table = new PageTable(geometry);
    const pool = (label: string) => new GrowableTensor(device, [PAGE_SIZE, headDim], { label });
    const lambdaPage = [getGroupSize(geometry), PAGE_SIZE, 2];
    this.#pools = {
      k: pool('key pages'),
      v: pool('value pages'),
      logLambda: hasGate
        ? new GrowableTensor(device, lambdaPage, { dtype: 'i32', label: 'gate pages' })
        : null,
    };
    this.#tableTensor = this.#makeTable(1);
  }

  get pages(): KeyPages {
    const { k, v, logLambda } = this.#pools;
    return {
      k: k.tensor,
      v: v.tensor,
      logLambda: logLambda?.tensor ?? null,
      table: this.#tableTensor,
    };
  }

  /** Pages in use, and pages of `length` tokens if none had been freed. */
  count(length: number): { kept: number; full: number } {
    return { kept: this.#table.heldPages, full: this.#table.countPages(length) };
  }

  /** Bytes of the pages in use, of the pages of `length` tokens if none had been freed, and of the pools. */
  bytes(length: number): { kept: number; full: number; allocated: number } {
    const each = pageBytes({ ...this.#geometry, group: getGroupSize(this.#geometry) });
    const { kept, full } = this.count(length);
    return {
      kept: kept * each,
      full: full * each,
      allocated: this.#pools.k.capacity * each,
    };
  }

  /** Room for tokens up to `length`. @returns whether memory was replaced by larger one */
  extend(length: number): boolean {
    if (!this.#table.extend(length)) return false;
    const { k, v, logLambda } = this.#pools;
    const grown = [k, v, logLambda].map((pool) => pool?.reserve(this.#table.pageCount));
    const isTableGrown = this.#growTable(countColumns(length));
    this.#writeTable();
    return isTableGrown || grown.some(Boolean);
  }

  /** Frees the pages of each key head before a column: [B · Hkv]. */
  release(firstColumns: ArrayLike<number>): void {
    const heads = Array.from(firstColumns, (column, head) => this.#table.release(head, column));
    if (heads.some(Boolean)) this.#writeTable();
  }

  dispose(): void {
    const { k, v, logLambda } = this.#pools;
    for (const owned of [k, v, logLambda, this.#tableTensor]) owned?.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #growTable(wanted: number): boolean {
    const columns = this.#tableTensor.shape[2] as number;
    if (wanted <= columns) return false;
    this.#tableTensor.dispose();
    this.#tableTensor = this.#makeTable(Math.max(wanted, 2 * columns));
    return true;
  }

  #makeTable(columns: number): Tensor {
    const { device, batch, numKvHeads } = this.#geometry;
    const options = { dtype: 'i32', label: 'page table' } as const;
    return device.keep(device.empty([batch, numKvHeads, columns], options));
  }

  #writeTable(): void {
    const columns = this.#tableTensor.shape[2] as number;
    this.#geometry.device.write(this.#tableTensor, this.#table.entries(columns));
  }
}

/** Query heads that share a key head. */
export const getGroupSize = ({
  numHeads,
  numKvHeads,
}: Pick<CacheGeometry, 'numHeads' | 'numKvHeads'>): number => numHeads / numKvHeads;
