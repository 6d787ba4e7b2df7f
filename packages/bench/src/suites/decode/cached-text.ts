// A text in a cache, read and grown as `generate` does it.

import { Decoder, type KvCache, type Model, type Params, TokenChooser } from '@vulpes/lm-models';
import type { Tensor } from '@vulpes/tensor-core';
import type { Counts } from '../../case.ts';
import { recordAndFree } from '../../timing/timer.ts';
import { cachedCosts } from '../model-costs.ts';

/** Tokens of a prompt that are computed at once. */
export const PREFILL_CHUNK = 256;

/** Reads all but the last of the tokens, which is the one that comes next; then each one chosen. @param evict free what is forgotten */
export async function readIntoCache(
  model: Model,
  params: Params,
  { tokens, evict }: { tokens: Int32Array<ArrayBuffer>; evict: boolean },
) {
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
  const chooser = new TokenChooser(device, { batch: 1, seed: 0, temperature: 0, topK: null });
  device.write(chooser.tokens, tokens.slice(-1));
  const decoder = new Decoder(model, params, { cache, chooser });
  let counts: Counts | null = null;
  /** Tokens on their way to the host, and, once in a page, what may be evicted. */
  let read: Promise<unknown> = Promise.resolve();
  const nextLogits = (): Tensor => {
    const logits = decoder.next();
    counts ??= countToken(model, cache);
    read = Promise.all([read, chooser.read(), cache.evict()]);
    // `counts` tells of a failure; nothing waits for it before.
    read.catch(() => {});
    return logits;
  };
  return {
    /** Records one token more. -> [1, V], the caller's */
    nextLogits,
    /** Of the first token after the prompt. */
    async counts() {
      if (counts === null) recordAndFree(device, nextLogits);
      await read;
      return counts as Counts;
    },
    dispose() {
      for (const owned of [decoder, chooser, cache]) owned.dispose();
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
