// Text generation, token by token. Each token runs the model over its whole context again: there is no key-value cache yet.

import { ArgumentError, CounterRng, NonFiniteError } from '@vulpes/tensor-core';
import type { Params } from '../layers/context.ts';
import type { Model } from '../model.ts';
import { argmax, sampleToken } from './sampling.ts';

export interface GenerateOptions {
  /** Token ids to go on from; at least one. */
  readonly prompt: ArrayLike<number>;
  readonly maxNewTokens: number;
  /** 0 (default) takes the likeliest token each time; otherwise logits are divided by it before drawing. */
  readonly temperature?: number;
  /** Draw from the k likeliest tokens only; null (default) for all. */
  readonly topK?: number | null;
  /** Of the draws; the same seed gives the same text. Default 0. */
  readonly seed?: number;
  /** Tokens the model looks back at; what lies further left is cut off. Default `maxPositionEmbeddings`. */
  readonly contextLength?: number;
  /** Ends the text, and is its last token; null for none. Default `eosTokenId`. */
  readonly stopToken?: number | null;
  /** Called with each new token; return false to stop. */
  readonly onToken?: (token: number) => boolean | undefined;
}

/**
 * @returns prompt and new tokens.
 * @throws ArgumentError for options out of range, NonFiniteError where the model gives NaN or infinite logits.
 * @example const text = await generate(model, params, { prompt: [72, 105], maxNewTokens: 64, temperature: 0.8, topK: 40 });
 */
export async function generate(
  model: Model,
  params: Params,
  options: GenerateOptions,
): Promise<Int32Array> {
  const settings = checkOptions(model, options);
  const rng = new CounterRng(settings.seed);
  const tokens = Array.from(options.prompt);
  for (let made = 0; made < options.maxNewTokens; made++) {
    const logits = await lastLogits(model, params, tokens.slice(-settings.contextLength));
    assertFinite(logits, tokens.length);
    const { temperature } = settings;
    const token = temperature === 0 ? argmax(logits) : sampleToken(logits, settings, rng);
    tokens.push(token);
    if (options.onToken?.(token) === false || token === settings.stopToken) break;
  }
  return Int32Array.from(tokens);
}

async function lastLogits(model: Model, params: Params, tokens: number[]): Promise<Float32Array> {
  const { device } = model;
  const inputIds = device.tensor(Int32Array.from(tokens), [1, tokens.length], {
    label: 'inputIds',
  });
  const logits = model.nextTokenLogits(params, { inputIds });
  try {
    return (await logits.data()) as Float32Array;
  } finally {
    inputIds.dispose();
    logits.dispose();
  }
}

function checkOptions(model: Model, options: GenerateOptions) {
  const { vocabSize, maxPositionEmbeddings, eosTokenId } = model.config;
  const { temperature = 0, topK = null, seed = 0, prompt, maxNewTokens } = options;
  const contextLength =
    options.contextLength ?? maxPositionEmbeddings ?? prompt.length + maxNewTokens;
  const isToken = (token: number) => Number.isInteger(token) && token >= 0 && token < vocabSize;
  const badToken = Array.from(prompt).find((token) => !isToken(token));
  expectOption(prompt.length > 0, 'prompt', 'at least one token', 'none');
  expectOption(badToken === undefined, 'prompt', `token ids from 0 to ${vocabSize - 1}`, badToken);
  expectOption(
    Number.isInteger(maxNewTokens) && maxNewTokens >= 0,
    'maxNewTokens',
    'an integer ≥ 0',
    maxNewTokens,
  );
  expectOption(
    Number.isFinite(temperature) && temperature >= 0,
    'temperature',
    'a number ≥ 0',
    temperature,
  );
  expectOption(
    topK === null || (Number.isInteger(topK) && topK >= 1),
    'topK',
    'an integer ≥ 1 or null',
    topK,
  );
  expectOption(
    Number.isInteger(contextLength) && contextLength >= 1,
    'contextLength',
    'an integer ≥ 1',
    contextLength,
  );
  const stopToken = options.stopToken === undefined ? eosTokenId : options.stopToken;
  return { temperature, topK, seed, contextLength, stopToken };
}

function expectOption(holds: boolean, name: string, expected: string, got: unknown): void {
  if (!holds) throw new ArgumentError(`generate: expected ${name} to be ${expected}, got ${got}.`);
}

function assertFinite(logits: Float32Array, position: number): void {
  const bad = logits.findIndex((value) => !Number.isFinite(value));
  if (bad === -1) return;
  throw new NonFiniteError(
    `generate: expected finite logits at position ${position}, got ${logits[bad]} for token ${bad}. The weights hold NaN or are too large.`,
  );
}
