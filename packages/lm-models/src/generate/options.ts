// The options of a generation: what they mean, their defaults, and their checks.

import { ArgumentError } from '@vulpes/tensor-core';
import type { FoxConfig } from '../config/config.ts';

/** What the cache holds after a token. */
export interface CacheUsage {
  /** Tokens of a row, padding included. */
  readonly length: number;
  /** Bytes in use; the most that were ever in use; what would be in use if nothing had been evicted. */
  readonly keptBytes: number;
  readonly peakBytes: number;
  readonly fullBytes: number;
  /** What the device holds for it: pools grow by doubling. */
  readonly allocatedBytes: number;
  readonly notes: readonly string[];
}

export interface SharedOptions {
  readonly maxNewTokens: number;
  /** 0 (default) takes the likeliest token each time; otherwise logits are divided by it before drawing. */
  readonly temperature?: number | undefined;
  /** Draw from the k likeliest tokens only; null (default) for all. */
  readonly topK?: number | null | undefined;
  /** Of these the most likely that together have this share of the probability, at least one; null (default) for all. */
  readonly topP?: number | null | undefined;
  /** Of the draws; the same seed gives the same text. Default 0. */
  readonly seed?: number | undefined;
  /**
   * Tokens the model looks back at; what lies further left is cut off, as if the text began there. null: all of it.
   * Default: all for models with a forget gate and no RoPE, which know no positions and forget by their gates;
   * `maxPositionEmbeddings` for the others. A text longer than this is computed anew for each token: what the layers
   * had made of the tokens cut off cannot be taken out of a cache.
   */
  readonly contextLength?: number | null | undefined;
  /** Ends the text, and is its last token; null for none. Default `eosTokenId`. */
  readonly stopToken?: number | null | undefined;
  /** Keep keys and values of the text so far, instead of computing it anew for each token. Default `config.useCache`. */
  readonly useCache?: boolean | undefined;
  /** Evict from the cache what no later token can need; see `model.createCache`. Default true. */
  readonly evict?: boolean | undefined;
  /** Tokens of the prompt that are computed at once. Default 256. */
  readonly prefillChunk?: number | undefined;
  /**
   * Tokens that are computed, from a cache, before the first of them is read: the GPU does not wait for the host. After the end of a
   * text up to as many less one are computed in vain. Default 4; 1 on a software adapter.
   */
  readonly tokensInFlight?: number | undefined;
  /** Called with each token that came from a cache. */
  readonly onCache?: ((usage: CacheUsage) => void) | undefined;
}

export interface GenerateSettings {
  readonly maxNewTokens: number;
  readonly temperature: number;
  readonly topK: number | null;
  readonly topP: number | null;
  readonly seed: number;
  /** Infinity for all. */
  readonly contextLength: number;
  readonly stopToken: number | null;
  readonly useCache: boolean;
  readonly evict: boolean;
  readonly prefillChunk: number;
  /** null: by the device. */
  readonly tokensInFlight: number | null;
  readonly onCache: ((usage: CacheUsage) => void) | null;
}

/** @throws ArgumentError naming the option */
export function checkOptions(config: FoxConfig, options: SharedOptions): GenerateSettings {
  const { temperature = 0, topK = null, topP = null, seed = 0 } = options;
  const { maxNewTokens, prefillChunk = 256, tokensInFlight = null } = options;
  const contextLength =
    options.contextLength === undefined ? defaultContext(config) : options.contextLength;
  const isCount = (value: number, least: number) => Number.isInteger(value) && value >= least;
  expectOption(isCount(maxNewTokens, 0), 'maxNewTokens', 'an integer ≥ 0', maxNewTokens);
  expectOption(
    Number.isFinite(temperature) && temperature >= 0,
    'temperature',
    'a number ≥ 0',
    temperature,
  );
  expectOption(topK === null || isCount(topK, 1), 'topK', 'an integer ≥ 1 or null', topK);
  expectOption(
    topP === null || (topP > 0 && topP <= 1),
    'topP',
    'a number above 0 and at most 1, or null',
    topP,
  );
  expectOption(
    contextLength === null || isCount(contextLength, 1),
    'contextLength',
    'an integer ≥ 1 or null',
    contextLength,
  );
  expectOption(isCount(prefillChunk, 1), 'prefillChunk', 'an integer ≥ 1', prefillChunk);
  expectOption(
    tokensInFlight === null || isCount(tokensInFlight, 1),
    'tokensInFlight',
    'an integer ≥ 1',
    tokensInFlight,
  );
  return {
    maxNewTokens,
    temperature,
    topK,
    topP,
    seed,
    contextLength: contextLength ?? Number.POSITIVE_INFINITY,
    stopToken: options.stopToken === undefined ? config.eosTokenId : options.stopToken,
    useCache: options.useCache ?? config.useCache,
    evict: options.evict ?? true,
    prefillChunk,
    tokensInFlight,
    onCache: options.onCache ?? null,
  };
}

/** @throws ArgumentError */
export function checkPrompt({ vocabSize }: FoxConfig, prompt: ArrayLike<number>): void {
  const isToken = (token: number) => Number.isInteger(token) && token >= 0 && token < vocabSize;
  const badToken = Array.from(prompt).find((token) => !isToken(token));
  expectOption(prompt.length > 0, 'prompt', 'at least one token', 'none');
  expectOption(badToken === undefined, 'prompt', `token ids from 0 to ${vocabSize - 1}`, badToken);
}

/** Where positions are learned, or nothing is forgotten, texts longer than those of the training are foreign to the model. */
function defaultContext({ fgateType, useRope, maxPositionEmbeddings }: FoxConfig): number | null {
  return fgateType === 'none' || useRope ? maxPositionEmbeddings : null;
}

export function expectOption(holds: boolean, name: string, expected: string, got: unknown): void {
  if (!holds) throw new ArgumentError(`generate: expected ${name} to be ${expected}, got ${got}.`);
}
