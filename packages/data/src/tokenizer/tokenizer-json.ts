// The fields of a tokenizer.json that we read ourselves.

import { ArgumentError } from '@vulpes/tensor-core';
import * as v from 'valibot';
import { END_OF_TEXT } from './byte-level.ts';

const id = v.pipe(v.number(), v.integer(), v.minValue(0));

/** Token to id; for Unigram a list of [token, score]. By hand: valibot's records leave out words such as "prototype", which are tokens. */
const isVocabulary = (vocab: unknown): boolean =>
  Array.isArray(vocab) ||
  (typeof vocab === 'object' &&
    vocab !== null &&
    Object.values(vocab).every((value) => Number.isSafeInteger(value) && value >= 0));

const schema = v.looseObject({
  added_tokens: v.optional(
    v.array(
      v.looseObject({
        id,
        content: v.pipe(v.string(), v.nonEmpty()),
        single_word: v.optional(v.boolean(), false),
        lstrip: v.optional(v.boolean(), false),
        rstrip: v.optional(v.boolean(), false),
      }),
    ),
    [],
  ),
  normalizer: v.nullish(v.looseObject({})),
  pre_tokenizer: v.nullish(v.looseObject({ type: v.optional(v.string()) })),
  decoder: v.nullish(v.looseObject({ type: v.optional(v.string()) })),
  model: v.looseObject({
    /** The library takes others for what they resemble. */
    type: v.optional(v.picklist(['BPE', 'WordPiece', 'Unigram'])),
    vocab: v.custom<Record<string, number> | readonly unknown[]>(isVocabulary),
    merges: v.optional(v.array(v.union([v.string(), v.tuple([v.string(), v.string()])]))),
  }),
});

export type TokenizerJson = v.InferOutput<typeof schema>;

/** @param what - the file, for messages. @throws ArgumentError naming the field that does not fit */
export function parseTokenizerJson(text: string, what: string): TokenizerJson {
  const result = v.safeParse(schema, parseJson(text, what), { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const field = v.getDotPath(issue);
  const fault = issue.input === undefined ? 'is missing' : 'has another kind of value';
  throw new ArgumentError(
    `${what}: expected a Hugging Face tokenizer.json, got one whose ${field ? `field "${field}"` : 'content'} ${fault}. Name the tokenizer.json of a model (not its vocab.json or tokenizer_config.json).`,
  );
}

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ArgumentError(
      `${what}: expected JSON, got other text. Name a Hugging Face tokenizer.json.`,
    );
  }
}

/** One more than the largest id. */
export function getVocabSize({ model, added_tokens }: TokenizerJson): number {
  const { vocab } = model;
  const ids = Array.isArray(vocab)
    ? [vocab.length - 1]
    : Object.values(vocab as Record<string, number>);
  const largest = [...ids, ...added_tokens.map((token) => token.id)];
  return 1 + largest.reduce((most, one) => Math.max(most, one), -1);
}

/** What models call the token that ends a text. */
const END_NAMES = [END_OF_TEXT, '<|end_of_text|>', '</s>', '<eos>', '<|eos|>', '[EOS]'];

export function findEndOfText({ added_tokens }: TokenizerJson): number | null {
  for (const name of END_NAMES) {
    const found = added_tokens.find(({ content }) => content === name);
    if (found) return found.id;
  }
  return null;
}
