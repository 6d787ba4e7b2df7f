// Text from a model.

import { byteTokenizer } from '@vulpes/data';
import { type CacheUsage, generate, type Model, type Params } from '@vulpes/lm-models';

export interface SampleRequest {
  readonly prompt: string;
  /** Bytes to write. */
  readonly tokens: number;
  readonly temperature: number;
  readonly topK: number | null;
  readonly seed: number;
  /** Evict from the cache what no later byte can need. Default true. */
  readonly evict?: boolean;
  /** Called after each byte with what the cache holds. */
  readonly onCache?: (usage: CacheUsage) => void;
  /** Ends the text early. */
  readonly signal?: AbortSignal;
}

/** Prompt and what the model makes of it. */
export async function sampleText(
  model: Model,
  params: Params,
  { prompt, tokens, temperature, topK, seed, evict, onCache, signal }: SampleRequest,
): Promise<string> {
  const text = await generate(model, params, {
    prompt: byteTokenizer.encode(prompt),
    maxNewTokens: tokens,
    temperature,
    topK,
    seed,
    stopToken: null,
    evict,
    onCache,
    onToken: () => signal?.aborted !== true,
  });
  return byteTokenizer.decode(Array.from(text));
}

export const indent = (text: string): string =>
  text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
