// The logits of the next token of every row: from a cache that grows with the text, or from the whole text each time.

import type { Tensor } from '@vulpes/tensor-core';
import type { KvCache } from '../cache/kv-cache.ts';
import type { Model } from '../model/model.ts';
import type { Params } from '../parameters/params.ts';
import type { GenerateSettings } from './options.ts';

/** Rows of unequal length, padded on the left. */
interface PaddedRows {
  readonly rows: readonly (readonly number[])[];
  /** [B] */
  readonly seqStart: Int32Array<ArrayBuffer>;
  readonly length: number;
}

/** Any id: padding is not seen. */
const PADDING = 0;

export class NextLogits implements Disposable {
  readonly #model: Model;
  readonly #params: Params;
  readonly #settings: GenerateSettings;
  #cache: KvCache | null = null;

  constructor(model: Model, params: Params, settings: GenerateSettings) {
    this.#model = model;
    this.#params = params;
    this.#settings = settings;
  }

  /** [B · V]; each call has the rows of the call before and one token more in each. */
  async compute(rows: readonly (readonly number[])[]): Promise<Float32Array> {
    const { useCache, contextLength } = this.#settings;
    const longest = Math.max(...rows.map((row) => row.length));
    if (useCache && longest <= contextLength) return this.#fromCache(rows);
    this.dispose();
    return this.#fromText(rows);
  }

  dispose(): void {
    this.#cache?.dispose();
    this.#cache = null;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** The whole text of each row, up to `contextLength` tokens of it. */
  async #fromText(rows: readonly (readonly number[])[]): Promise<Float32Array> {
    const { device } = this.#model;
    const padded = pad(rows.map((row) => row.slice(-this.#settings.contextLength)));
    const inputIds = this.#inputIds(padded, 0, padded.length);
    const isPadded = padded.seqStart.some((start) => start > 0);
    const seqStart = isPadded ? device.tensor(padded.seqStart, [rows.length]) : undefined;
    const logits = this.#model.nextTokenLogits(this.#params, { inputIds, seqStart });
    try {
      return (await logits.data()) as Float32Array;
    } finally {
      for (const tensor of [inputIds, seqStart, logits]) tensor?.dispose();
    }
  }

  /** What the cache does not have yet: the prompt in chunks, then one token at a time. */
  async #fromCache(rows: readonly (readonly number[])[]): Promise<Float32Array> {
    const padded = pad(rows);
    this.#cache ??= this.#model.createCache(this.#params, {
      batch: rows.length,
      seqStart: padded.seqStart,
      evict: this.#settings.evict,
    });
    const cache = this.#cache;
    while (padded.length - cache.length > this.#settings.prefillChunk) {
      const end = cache.length + this.#settings.prefillChunk;
      this.#append(cache, padded, end).dispose();
      await cache.evict();
    }
    const logits = this.#append(cache, padded, padded.length);
    try {
      const [values] = await Promise.all([logits.data(), cache.evict()]);
      const { length, keptBytes, peakBytes, fullBytes, allocatedBytes, notes } = cache;
      const usage = { length, keptBytes, peakBytes, fullBytes, allocatedBytes, notes };
      this.#settings.onCache(usage);
      return values as Float32Array;
    } finally {
      logits.dispose();
    }
  }

  #append(cache: KvCache, padded: PaddedRows, end: number): Tensor {
    const inputIds = this.#inputIds(padded, cache.length, end);
    const logits = this.#model.nextTokenLogits(this.#params, { inputIds, cache });
    inputIds.dispose();
    return logits;
  }

  /** i32 [B, end − begin], columns of the padded rows. */
  #inputIds({ rows, seqStart }: PaddedRows, begin: number, end: number): Tensor {
    const ids = rows.flatMap((row, b) =>
      Array.from({ length: end - begin }, (_, i) => row[begin + i - seqStart[b]!] ?? PADDING),
    );
    const shape = [rows.length, end - begin];
    return this.#model.device.tensor(Int32Array.from(ids), shape, { label: 'inputIds' });
  }
}

function pad(rows: readonly (readonly number[])[]): PaddedRows {
  const length = Math.max(...rows.map((row) => row.length));
  return { rows, length, seqStart: Int32Array.from(rows, (row) => length - row.length) };
}
