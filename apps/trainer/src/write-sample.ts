// Text from a model.

import type { Tokenizer } from '@vulpes/data';
import { type CacheUsage, generate, type Model, type Params } from '@vulpes/lm-models';

export interface SampleRequest {
  readonly tokenizer: Tokenizer;
  readonly prompt: string;
  /** Tokens to write. */
  readonly tokens: number;
  readonly temperature: number;
  readonly topK: number | null;
  readonly seed: number;
  /** Evict from the cache what no later token can need. Default true. */
  readonly evict?: boolean;
  /** Called after each token with what the cache holds. */
  readonly onCache?: (usage: CacheUsage) => void;
  /** Called with the text as it is made, in whole characters: first the prompt. */
  readonly onText?: (text: string) => void;
  /** Ends the text early. */
  readonly signal?: AbortSignal;
}

/** Prompt and what the model makes of it. It ends early with the tokenizer's token for the end of a text. */
export async function sampleText(
  model: Model,
  params: Params,
  { tokenizer, prompt, tokens, onText = () => {}, signal, ...options }: SampleRequest,
): Promise<string> {
  const decoder = tokenizer.streamDecoder();
  const parts: string[] = [];
  const write = (text: string) => {
    if (text === '') return;
    parts.push(text);
    onText(text);
  };
  const encoded = tokenizer.encode(prompt);
  write(Array.from(encoded, decoder.push).join(''));
  await generate(model, params, {
    ...options,
    prompt: encoded,
    maxNewTokens: tokens,
    stopToken: tokenizer.endOfText,
    onToken: (token) => {
      if (token !== tokenizer.endOfText) write(decoder.push(token));
      return signal?.aborted !== true;
    },
  });
  write(decoder.end());
  return parts.join('');
}

export const indent = (text: string): string =>
  text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
