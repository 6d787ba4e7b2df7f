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
  /** Called after each step that used the cache. */
  readonly onCache?: ((usage: CacheUsage) => void) | undefined;
}

export interface GenerateSettings {
  readonly maxNewTokens: number;
  readonly temperature: number;
  readonly topK: number | null;
  readonly seed: number;
  /** Infinity for all. */
  readonly contextLength: number;
  readonly stopToken: number | null;
  readonly useCache: boolean;
  readonly evict: boolean;
  readonly prefillChunk: number;
  readonly onCache: (usage: CacheUsage) => void;
}

/** @throws ArgumentError naming the option */
export function checkOptions(config: FoxConfig, options: SharedOptions): GenerateSettings {
  const { temperature = 0, topK = null, seed = 0, maxNewTokens, prefillChunk = 256 } = options;
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
    contextLength === null || isCount(contextLength, 1),
    'contextLength',
    'an integer ≥ 1 or null',
    contextLength,
  );
  expectOption(isCount(prefillChunk, 1), 'prefillChunk', 'an integer ≥ 1', prefillChunk);
  return {
    maxNewTokens,
    temperature,
    topK,
    seed,
    contextLength: contextLength ?? Number.POSITIVE_INFINITY,
    stopToken: options.stopToken === undefined ? config.eosTokenId : options.stopToken,
    useCache: options.useCache ?? config.useCache,
    evict: options.evict ?? true,
    prefillChunk,
    onCache: options.onCache ?? (() => {}),
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
