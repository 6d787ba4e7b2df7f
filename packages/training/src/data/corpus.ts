// A corpus: the tokens of one or several texts, the last part of them held out, and a hash to recognise them by.

import { ArgumentError } from '@vulpes/tensor-core';
import { sha256Hex } from '../hash.ts';

export interface TextSource {
  /** File name or title, for messages. */
  readonly name: string;
  /** UTF-8. */
  readonly bytes: Uint8Array;
}

export interface Corpus {
  readonly train: Uint8Array;
  /** The last part of the text; never trained on. */
  readonly heldOut: Uint8Array;
  /** SHA-256 of all tokens in order. */
  readonly hash: string;
  readonly vocabSize: number;
}

export interface CorpusOptions {
  /** Tokens a training sequence has; the held-out part gets at least eight of them where the text allows. */
  readonly contextLength: number;
  /** Share of the text to hold out; default 0.02. */
  readonly heldOutShare?: number;
}

const MIN_HELD_OUT_CONTEXTS = 8;
const MAX_HELD_OUT_SHARE = 0.2;

/**
 * Joins texts in the given order, a blank line between two, and holds out the end.
 * @throws ArgumentError when there is no text, or too little of it for the context
 */
export async function createCorpus(
  texts: readonly TextSource[],
  options: CorpusOptions,
): Promise<Corpus> {
  const tokens = joinTexts(texts);
  if (tokens.length === 0) {
    throw new ArgumentError(
      `corpus: expected some text, got ${texts.length === 0 ? 'none' : `only empty text in ${names(texts)}`}. Name a file with text in it.`,
    );
  }
  const heldOutLength = splitLength(tokens.length, options);
  return {
    train: tokens.subarray(0, tokens.length - heldOutLength),
    heldOut: tokens.subarray(tokens.length - heldOutLength),
    hash: await sha256Hex(tokens),
    vocabSize: 256,
  };
}

function joinTexts(texts: readonly TextSource[]): Uint8Array<ArrayBuffer> {
  const filled = texts.filter((text) => text.bytes.length > 0);
  const gap = new TextEncoder().encode('\n\n');
  const length = filled.reduce((sum, text) => sum + text.bytes.length + gap.length, 0);
  const joined = new Uint8Array(Math.max(0, length - gap.length));
  let offset = 0;
  for (const text of filled) {
    if (offset > 0) joined.set(gap, offset - gap.length);
    joined.set(text.bytes, offset);
    offset += text.bytes.length + gap.length;
  }
  return joined;
}

/** Tokens to hold out: the wanted share, at least some contexts, at most a fifth of the text. */
function splitLength(
  tokens: number,
  { contextLength, heldOutShare = 0.02 }: CorpusOptions,
): number {
  const sequence = contextLength + 1; // one more token, for the last label
  if (tokens < 2 * sequence) {
    throw new ArgumentError(
      `corpus: expected at least ${2 * sequence} tokens (one context of ${contextLength} to train on, one held out, each with its label), got ${tokens}. Use more text or a shorter context.`,
    );
  }
  const wanted = Math.max(Math.round(tokens * heldOutShare), MIN_HELD_OUT_CONTEXTS * sequence);
  return Math.max(sequence, Math.min(wanted, Math.floor(tokens * MAX_HELD_OUT_SHARE)));
}

const names = (texts: readonly TextSource[]): string => texts.map((text) => text.name).join(', ');
