// Text generation, token by token, for one prompt or for several of unequal length at once.

import { NonFiniteError } from '@vulpes/tensor-core';
import type { Model } from '../model/model.ts';
import type { Params } from '../parameters/params.ts';
import { CachedText } from './from-cache.ts';
import { chooseFromText } from './from-text.ts';
import type { GenerationParts } from './generation-parts.ts';
import {
  checkOptions,
  checkPrompt,
  expectOption,
  type GenerateSettings,
  type SharedOptions,
} from './options.ts';
import { runAhead } from './run-ahead.ts';
import { type ChosenTokens, TokenChooser } from './token-chooser.ts';

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
  const rows = prompts.map((prompt) => new Row(prompt, settings.stopToken));
  /** @returns whether any row goes on */
  const take = (chosen: ChosenTokens): boolean => {
    for (const [index, row] of rows.entries()) {
      const token = row.take(chosen.tokens[index] as number, chosen.badLogits[index] as number);
      if (token !== null && onToken?.(token, index) === false) row.end();
    }
    return rows.some((row) => !row.hasEnded);
  };
  using chooser = new TokenChooser(model.device, { ...settings, batch: rows.length });
  const parts = { model, params, settings, chooser };
  const cached = countCached(settings, rows);
  let goesOn = cached === 0 || (await takeFromCache(parts, rows, { count: cached, take }));
  for (let made = cached; goesOn && made < settings.maxNewTokens; made++) {
    goesOn = take(
      await chooseFromText(
        parts,
        rows.map(({ tokens }) => tokens),
      ),
    );
  }
  return rows.map((row) => row.text());
}

/** Tokens that may come from a cache: as long as the longest row fits into the context. */
function countCached(
  { useCache, contextLength, maxNewTokens }: GenerateSettings,
  rows: readonly Row[],
): number {
  const longest = Math.max(...rows.map(({ tokens }) => tokens.length));
  return useCache ? Math.max(0, Math.min(maxNewTokens, contextLength - longest + 1)) : 0;
}

const TOKENS_IN_FLIGHT = 4;

/** @returns whether any row goes on */
async function takeFromCache(
  parts: GenerationParts,
  rows: readonly Row[],
  { count, take }: { count: number; take: (chosen: ChosenTokens) => boolean },
): Promise<boolean> {
  const { settings, model } = parts;
  // On a CPU what is computed ahead takes the time of what is wanted.
  const depth = settings.tokensInFlight ?? (model.device.caps.isSoftware ? 1 : TOKENS_IN_FLIGHT);
  using text = new CachedText(
    parts,
    rows.map(({ tokens }) => [...tokens]),
  );
  await text.readPrompts();
  return await runAhead(
    { count, depth },
    () => text.next(),
    (chosen) => {
      if (chosen.usage) settings.onCache?.(chosen.usage);
      return take(chosen);
    },
  );
}

/** One text as it grows. A row that has ended goes on in step with the others; what it gets then is not part of it. */
class Row {
  readonly tokens: number[];
  readonly #stopToken: number | null;
  #end: number | null = null;

  constructor(prompt: ArrayLike<number>, stopToken: number | null) {
    this.tokens = Array.from(prompt);
    this.#stopToken = stopToken;
  }

  get hasEnded(): boolean {
    return this.#end !== null;
  }

  /** Takes the next token; null where the row has ended. @param badLogit - token whose logit is NaN or infinite; −1: none */
  take(token: number, badLogit: number): number | null {
    if (this.hasEnded) {
      this.tokens.push(this.tokens.at(-1) as number);
      return null;
    }
    assertFinite(badLogit, this.tokens.length);
    this.tokens.push(token);
    if (token === this.#stopToken) this.end();
    return token;
  }

  end(): void {
    this.#end = this.tokens.length;
  }

  text(): Int32Array {
    return Int32Array.from(this.tokens.slice(0, this.#end ?? this.tokens.length));
  }
}

function assertFinite(badLogit: number, position: number): void {
  if (badLogit === -1) return;
  throw new NonFiniteError(
    `generate: expected finite logits at position ${position}, got NaN or infinity for token ${badLogit}. The weights hold NaN or are too large.`,
  );
}
