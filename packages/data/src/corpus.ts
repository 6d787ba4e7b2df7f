// A corpus: tokens to train on, tokens held out, the tokenizer that made them, and a hash to recognise it by.

import { ArgumentError } from '@vulpes/tensor-core';
import { sha256Hex } from './hash.ts';
import { type SplitOptions, splitTokens } from './split.ts';
import { memoryTokens, selectTokens, type TokenSource } from './token-source.ts';
import { byteTokenizer } from './tokenizer/byte-tokenizer.ts';
import type { Tokenizer } from './tokenizer/tokenizer.ts';

export interface Corpus {
  readonly train: TokenSource;
  /** Never trained on. */
  readonly heldOut: TokenSource;
  readonly tokenizer: Tokenizer;
  /** SHA-256 of tokens, tokenizer and split. */
  readonly hash: string;
}

export interface TextSource {
  /** File name or title, for messages. */
  readonly name: string;
  /** UTF-8. */
  readonly bytes: Uint8Array;
}

/** Tokens before they are split. */
export interface TokenSet {
  readonly source: TokenSource;
  /** Documents that the source knows. */
  readonly documents: number;
  readonly tokenizer: Tokenizer;
  /** SHA-256 of the tokens, as they are stored. */
  readonly hash: string;
}

/**
 * Joins texts in the given order, a blank line between two; a token is a byte, each text a document.
 * @throws ArgumentError when there is no text, or too little of it for the context
 */
export async function createCorpus(
  texts: readonly TextSource[],
  options: SplitOptions,
): Promise<Corpus> {
  const { tokens, starts } = joinTexts(texts);
  if (tokens.length === 0) {
    throw new ArgumentError(
      `corpus: expected some text, got ${texts.length === 0 ? 'none' : `only empty text in ${names(texts)}`}. Name a file with text in it.`,
    );
  }
  const source = memoryTokens(tokens, starts);
  const hash = await sha256Hex(tokens);
  return splitCorpus({ source, documents: starts.length, tokenizer: byteTokenizer, hash }, options);
}

/** Splits tokens into what is trained on and what is held out. @throws ArgumentError where they are too few for the context */
export async function splitCorpus(set: TokenSet, options: SplitOptions): Promise<Corpus> {
  const { source, tokenizer, hash } = set;
  const { train, heldOut } = await splitTokens(set, options);
  return {
    train: selectTokens(source, train),
    heldOut: selectTokens(source, heldOut),
    tokenizer,
    hash: await hashCorpus(tokenizer, { tokens: hash, heldOut }),
  };
}

export const hashCorpus = (tokenizer: Tokenizer, parts: object): Promise<string> =>
  sha256Hex(JSON.stringify({ tokenizer: tokenizer.name, ...parts }));

function joinTexts(texts: readonly TextSource[]) {
  const filled = texts.filter((text) => text.bytes.length > 0);
  const gap = new TextEncoder().encode('\n\n');
  const length = filled.reduce((sum, text) => sum + text.bytes.length + gap.length, 0);
  const tokens = new Uint8Array(Math.max(0, length - gap.length));
  const starts: number[] = [];
  let offset = 0;
  for (const text of filled) {
    if (offset > 0) tokens.set(gap, offset - gap.length);
    tokens.set(text.bytes, offset);
    starts.push(offset);
    offset += text.bytes.length + gap.length;
  }
  return { tokens, starts };
}

const names = (texts: readonly TextSource[]): string => texts.map((text) => text.name).join(', ');
