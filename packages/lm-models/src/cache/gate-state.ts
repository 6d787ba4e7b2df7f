// What the gates of one layer leave behind for later chunks, and which pages they prove to be forgotten.

import { PAGE_SIZE } from '@vulpes/fox-attention';
import type { Tensor } from '@vulpes/tensor-core';
import { cumulativeLogGate } from '@vulpes/wgsl-kernels';
import { findFirstPage, updateRetention } from './cache.kernel.ts';
import type { CacheGeometry, Chunk } from './geometry.ts';
import { GrowableTensor } from './growable-tensor.ts';
import type { LogitBound } from './logit-bound.ts';
import { countColumns } from './page-table.ts';

/**
 * Nats that rounding may take from S: its recurrence in f32 is off by less than 4e-7 a token of the effective length, which is at
 * most 131,072 (the limit of cumulativeLogGate). U and D are right to 1e-5.
 */
const ROUNDING_MARGIN = 0.06;

/** As the kernels' bindings name them. */
export interface GateTensors {
  readonly carry: Tensor;
  readonly effective_length: Tensor;
  readonly page_ends: Tensor;
}

export class GateState implements Disposable {
  readonly #geometry: CacheGeometry;
  /** i32 [B, H, 2]: logLambda of the last token. */
  readonly #carry: Tensor;
  /** f32 [B, H]: effective context length, R_t = 1 + f_t R_{t−1}. */
  readonly #effectiveLength: Tensor;
  /** i32 [pages, B, H, 4]: logLambda and S at the last token of each page. */
  readonly #pageEnds: GrowableTensor;
  /** i32 [B, H]: pages before it are evicted. */
  readonly firstPage: Tensor;

  constructor(geometry: CacheGeometry) {
    const { device, batch, numHeads } = geometry;
    this.#geometry = geometry;
    const heads = [batch, numHeads];
    this.#carry = device.keep(
      device.zeros([...heads, 2], { dtype: 'i32', label: 'last logLambda' }),
    );
    this.#effectiveLength = device.keep(device.zeros(heads, { label: 'effective context length' }));
    this.firstPage = device.keep(device.zeros(heads, { dtype: 'i32', label: 'first page' }));
    const pageEnds = { dtype: 'i32', label: 'gates at page ends' } as const;
    this.#pageEnds = new GrowableTensor(device, [...heads, 4], pageEnds);
  }

  /** Bytes beside the pages: state of the last token and of `length` / 32 page ends; and what is allocated for them. */
  bytes(length: number): { used: number; allocated: number } {
    const { batch, numHeads } = this.#geometry;
    const fixed = batch * numHeads * (8 + 4 + 4);
    const pageEnd = batch * numHeads * 16;
    return {
      used: fixed + Math.floor(length / PAGE_SIZE) * pageEnd,
      allocated: fixed + this.#pageEnds.capacity * pageEnd,
    };
  }

  get tensors(): GateTensors {
    return {
      carry: this.#carry,
      effective_length: this.#effectiveLength,
      page_ends: this.#pageEnds.tensor,
    };
  }

  /** Room for the pages of a text of that length. @returns whether memory was replaced */
  reserve(length: number): boolean {
    return this.#pageEnds.reserve(countColumns(length));
  }

  /** Takes a chunk in, for which there is room. logFgate [B, M, H] -> its logLambda [B, H, M, 2], counted from the beginning of the text. */
  append(logFgate: Tensor, { length, padding }: Pick<Chunk, 'length' | 'padding'>): Tensor {
    const { device, batch, numHeads, state } = this.#geometry;
    const logLambda = cumulativeLogGate(logFgate, { ...padding, initial: this.#carry });
    updateRetention.run(device, {
      dims: { heads: batch * numHeads, numHeads, chunkLen: length },
      tensors: {
        log_fgate: logFgate,
        log_lambda: logLambda,
        state,
        ...this.tensors,
      },
    });
    return logLambda;
  }

  /** Moves `firstPage` to the right, as far as the bound allows with `length` tokens in the cache. */
  evict({ tensor: logit_bound }: LogitBound, length: number): void {
    const { device, batch, numHeads, logPruningTolerance } = this.#geometry;
    if (logPruningTolerance === null || length < PAGE_SIZE) return;
    findFirstPage.run(device, {
      dims: {
        heads: batch * numHeads,
        fullPages: Math.floor(length / PAGE_SIZE),
        logTolerance: logPruningTolerance - ROUNDING_MARGIN,
      },
      tensors: {
        logit_bound,
        carry: this.#carry,
        page_ends: this.#pageEnds.tensor,
        first_page: this.firstPage,
      },
    });
  }

  dispose(): void {
    for (const owned of [this.#carry, this.#effectiveLength, this.firstPage, this.#pageEnds]) {
      owned.dispose();
    }
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
