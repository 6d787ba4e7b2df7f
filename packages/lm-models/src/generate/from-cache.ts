// The next token of every row from a cache that grows with the text: the prompt in chunks, then token after token by replay.

import type { Tensor } from '@vulpes/tensor-core';
import type { KvCache } from '../cache/kv-cache.ts';
import { Decoder } from './decoder.ts';
import type { GenerationParts } from './generation-parts.ts';
import type { CacheUsage } from './options.ts';
import { idsBetween, type PaddedRows, padRows } from './padded-rows.ts';
import type { ChosenTokens } from './token-chooser.ts';

export interface CachedTokens extends ChosenTokens {
  /** What the cache held when they were computed; null where nobody asked. */
  readonly usage: CacheUsage | null;
}

/** Owns its cache: what was computed ahead and is not wanted goes with it. */
export class CachedText implements Disposable {
  readonly #parts: GenerationParts;
  readonly #prompts: PaddedRows;
  readonly #cache: KvCache;
  readonly #decoder: Decoder;

  constructor(parts: GenerationParts, prompts: readonly ArrayLike<number>[]) {
    const { model, params, settings, chooser } = parts;
    this.#parts = parts;
    this.#prompts = padRows(prompts);
    this.#cache = model.createCache(params, {
      batch: prompts.length,
      seqStart: this.#prompts.seqStart,
      evict: settings.evict,
    });
    this.#decoder = new Decoder(model, params, { cache: this.#cache, chooser });
  }

  /** Reads all of the prompts but their last chunk. */
  async readPrompts(): Promise<void> {
    const { prefillChunk } = this.#parts.settings;
    while (this.#prompts.length - this.#cache.length > prefillChunk) {
      this.#append(this.#cache.length + prefillChunk).dispose();
      await this.#cache.evict();
    }
  }

  /** Records the next token of each row, the first from the last chunk of the prompts. May be called again before it has resolved. */
  async next(): Promise<CachedTokens> {
    const { chooser } = this.#parts;
    this.#recordNext().dispose();
    const usage = this.#parts.settings.onCache && this.#usage();
    const [chosen] = await Promise.all([chooser.read(), this.#cache.evict()]);
    return { ...chosen, usage };
  }

  dispose(): void {
    this.#decoder.dispose();
    this.#cache.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** -> logits [B, V] */
  #recordNext(): Tensor {
    if (this.#cache.length >= this.#prompts.length) return this.#decoder.next();
    const logits = this.#append(this.#prompts.length);
    this.#parts.chooser.choose(logits);
    return logits;
  }

  /** The prompts up to a column. -> logits [B, V] */
  #append(end: number): Tensor {
    const { model, params } = this.#parts;
    const inputIds = idsBetween(model.device, this.#prompts, [this.#cache.length, end]);
    const logits = model.nextTokenLogits(params, { inputIds, cache: this.#cache });
    inputIds.dispose();
    return logits;
  }

  #usage(): CacheUsage {
    const { length, keptBytes, peakBytes, fullBytes, allocatedBytes, notes } = this.#cache;
    return { length, keptBytes, peakBytes, fullBytes, allocatedBytes, notes };
  }
}
