// A text in a cache, read and grown as `generate` does it.

import type { KvCache, Model, Params } from '@vulpes/lm-models';
import type { Tensor } from '@vulpes/tensor-core';
import type { Counts } from '../../case.ts';
import { recordAndFree } from '../../timing/timer.ts';
import { cachedCosts } from './costs.ts';

/** Tokens of a prompt that are computed at once. */
export const PREFILL_CHUNK = 256;

/** A prompt in a cache, which every further token makes longer by one. Owns the cache. */
export class CachedText {
  readonly #model: Model;
  readonly #params: Params;
  readonly #cache: KvCache;
  /** i32 [1, 1] */
  readonly #last: Tensor;
  #counts: Counts | null = null;
  /** Evictions under way: each reads back what it may evict, once in a page. */
  #evicted: Promise<unknown> = Promise.resolve();

  private constructor(model: Model, params: Params, cache: KvCache, last: Tensor) {
    this.#model = model;
    this.#params = params;
    this.#cache = cache;
    this.#last = last;
  }

  /** Reads all but the last of the tokens, which is the one that comes next. @param evict free what is forgotten */
  static async read(
    model: Model,
    params: Params,
    { tokens, evict }: { tokens: Int32Array<ArrayBuffer>; evict: boolean },
  ): Promise<CachedText> {
    const cache = model.createCache(params, { batch: 1, evict });
    const prompt = tokens.subarray(0, -1);
    for (let first = 0; first < prompt.length; first += PREFILL_CHUNK) {
      const chunk = prompt.slice(first, first + PREFILL_CHUNK);
      const inputIds = model.device.tensor(chunk, [1, chunk.length]);
      model.nextTokenLogits(params, { inputIds, cache }).dispose();
      inputIds.dispose();
      await cache.evict();
    }
    return new CachedText(model, params, cache, model.device.tensor(tokens.slice(-1), [1, 1]));
  }

  /** Records one token more. Where a page became full, it is asked what may go: `generate` reads that beside the logits. -> [1, V] */
  nextLogits(): Tensor {
    const cache = this.#cache;
    const logits = this.#model.nextTokenLogits(this.#params, { inputIds: this.#last, cache });
    this.#counts ??= countToken(this.#model, cache);
    this.#evicted = Promise.all([this.#evicted, cache.evict()]);
    // `counts` tells of a failure; nothing waits for it before.
    this.#evicted.catch(() => {});
    return logits;
  }

  /** Of the first token after the prompt. */
  async counts(): Promise<Counts> {
    if (this.#counts === null) recordAndFree(this.#model.device, () => this.nextLogits());
    await this.#evicted;
    return this.#counts as Counts;
  }

  dispose(): void {
    this.#cache.dispose();
    this.#last.dispose();
  }
}

/** The work of the token that a cache took last, and what the cache then holds. */
function countToken({ config }: Model, cache: KvCache): Counts {
  const { keptBytes, peakBytes, fullBytes, pages } = cache;
  return {
    ...cachedCosts(config, { keptPages: pages.kept, keptBytes }),
    keptBlocks: pages.kept,
    causalBlocks: pages.full,
    cache: { keptBytes, peakBytes, fullBytes },
  };
}
