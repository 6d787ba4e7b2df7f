// A text in a cache, read and grown as `generate` does it.

import type { KvCache, Model, Params } from '@vulpes/lm-models';
import type { Tensor } from '@vulpes/tensor-core';
import type { Counts } from '../../case.ts';
import { recordAndFree } from '../../timing/timer.ts';
import { cachedCosts } from '../model-costs.ts';

/** Tokens of a prompt that are computed at once. */
export const PREFILL_CHUNK = 256;

/** A text that can be made longer by one token at a time. */
export interface GrowingText {
  /** Records one token more. -> [1, V], the caller's */
  nextLogits(): Tensor;
  /** Of the first token after the prompt. */
  counts(): Promise<Counts>;
  dispose(): void;
}

/** Reads all but the last of the tokens, which is the one that comes next. @param evict free what is forgotten */
export async function readIntoCache(
  model: Model,
  params: Params,
  { tokens, evict }: { tokens: Int32Array<ArrayBuffer>; evict: boolean },
): Promise<GrowingText> {
  const { device } = model;
  const cache = model.createCache(params, { batch: 1, evict });
  const prompt = tokens.subarray(0, -1);
  for (let first = 0; first < prompt.length; first += PREFILL_CHUNK) {
    const chunk = prompt.slice(first, first + PREFILL_CHUNK);
    const inputIds = device.tensor(chunk, [1, chunk.length]);
    model.nextTokenLogits(params, { inputIds, cache }).dispose();
    inputIds.dispose();
    await cache.evict();
  }
  const inputIds = device.tensor(tokens.slice(-1), [1, 1]);
  let counts: Counts | null = null;
  /** Evictions under way: each reads back what it may evict, once in a page. */
  let evicted: Promise<unknown> = Promise.resolve();
  /** Where a page became full, the cache is asked what may go: `generate` reads that beside the logits. */
  const nextLogits = (): Tensor => {
    const logits = model.nextTokenLogits(params, { inputIds, cache });
    counts ??= countToken(model, cache);
    evicted = Promise.all([evicted, cache.evict()]);
    // `counts` tells of a failure; nothing waits for it before.
    evicted.catch(() => {});
    return logits;
  };
  return {
    nextLogits,
    async counts() {
      if (counts === null) recordAndFree(device, nextLogits);
      await evicted;
      return counts as Counts;
    },
    dispose() {
      cache.dispose();
      inputIds.dispose();
    },
  };
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
