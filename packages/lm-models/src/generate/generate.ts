// Text generation, token by token, for one prompt or for several of unequal length at once.

import { CounterRng, NonFiniteError } from '@vulpes/tensor-core';
import type { Model } from '../model/model.ts';
import type { Params } from '../parameters/params.ts';
import { NextLogits } from './next-logits.ts';
import {
  checkOptions,
  checkPrompt,
  expectOption,
  type GenerateSettings,
  type SharedOptions,
} from './options.ts';
import { argmax, sampleToken } from './sampling.ts';

export interface GenerateOptions extends SharedOptions {
  /** Token ids to go on from; at least one. */
  readonly prompt: ArrayLike<number>;
  /** Called with each new token; return false to stop. */
  readonly onToken?: ((token: number) => boolean | undefined) | undefined;
}

export interface GenerateBatchOptions extends SharedOptions {
  /** Token ids to go on from, of each row. Row b draws from stream b of the seed. */
  readonly prompts: readonly ArrayLike<number>[];
  /** Called with each new token and its row; return false to end the row. */
  readonly onToken?: ((token: number, row: number) => boolean | undefined) | undefined;
}

/**
 * @returns prompt and new tokens.
 * @throws ArgumentError for options out of range, NonFiniteError where the model gives NaN or infinite logits.
 * @example const text = await generate(model, params, { prompt: [72, 105], maxNewTokens: 64, temperature: 0.8, topK: 40 });
 */
export async function generate(
  model: Model,
  params: Params,
  { prompt, ...options }: GenerateOptions,
): Promise<Int32Array> {
  return (await generateBatch(model, params, { ...options, prompts: [prompt] }))[0] as Int32Array;
}

/**
 * Several texts at once, one a prompt; each is what it would be alone.
 * @returns prompt and new tokens of each row.
 * @throws as `generate`
 */
export async function generateBatch(
  model: Model,
  params: Params,
  { prompts, onToken, ...options }: GenerateBatchOptions,
): Promise<Int32Array[]> {
  expectOption(prompts.length > 0, 'prompts', 'at least one', 'none');
  for (const prompt of prompts) checkPrompt(model.config, prompt);
  const settings = checkOptions(model.config, options);
  const rows = prompts.map((prompt, row) => new Row(prompt, settings, row));
  using nextLogits = new NextLogits(model, params, settings);
  for (let made = 0; made < settings.maxNewTokens; made++) {
    const logits = await nextLogits.compute(rows.map(({ tokens }) => tokens));
    const vocab = logits.length / rows.length;
    for (const [index, row] of rows.entries()) {
      const token = row.next(logits.subarray(index * vocab, (index + 1) * vocab));
      if (token !== null && onToken?.(token, index) === false) row.end();
    }
    if (rows.every((row) => row.hasEnded)) break;
  }
  return rows.map((row) => row.text());
}

/** One text as it grows. A row that has ended goes on in step with the others; what it gets then is not part of it. */
class Row {
  readonly tokens: number[];
  readonly #settings: GenerateSettings;
  readonly #rng: CounterRng;
  #end: number | null = null;

  constructor(prompt: ArrayLike<number>, settings: GenerateSettings, stream: number) {
    this.tokens = Array.from(prompt);
    this.#settings = settings;
    this.#rng = new CounterRng(settings.seed, stream);
  }

  get hasEnded(): boolean {
    return this.#end !== null;
  }

  /** Takes the next token; null where the row has ended. @param logits - [V] */
  next(logits: Float32Array): number | null {
    if (this.hasEnded) {
      this.tokens.push(this.tokens.at(-1) as number);
      return null;
    }
    assertFinite(logits, this.tokens.length);
    const { temperature, topK, stopToken } = this.#settings;
    const token =
      temperature === 0 ? argmax(logits) : sampleToken(logits, { temperature, topK }, this.#rng);
    this.tokens.push(token);
    if (token === stopToken) this.end();
    return token;
  }

  end(): void {
    this.#end = this.tokens.length;
  }

  text(): Int32Array {
    return Int32Array.from(this.tokens.slice(0, this.#end ?? this.tokens.length));
  }
}

function assertFinite(logits: Float32Array, position: number): void {
  const bad = logits.findIndex((value) => !Number.isFinite(value));
  if (bad === -1) return;
  throw new NonFiniteError(
    `generate: expected finite logits at position ${position}, got ${logits[bad]} for token ${bad}. The weights hold NaN or are too large.`,
  );
}
