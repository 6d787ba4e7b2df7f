// Byte-level BPE, as GPT-2's: words of bytes, whose most wanted pairs are merged first.

import { ArgumentError } from '@vulpes/tensor-core';
import { byteCharacters, tokenBytes, wordPattern } from './byte-level.ts';
import type { StreamDecoder } from './tokenizer.ts';
import { getVocabSize, type TokenizerJson } from './tokenizer-json.ts';

/** Ids are below it: a pair of them is one number. */
const MAX_IDS = 2 ** 26;
const pairKey = (left: number, right: number): number => left * MAX_IDS + right;

/** Words of which the tokens are kept; all are let go when there are more. */
const CACHED_WORDS = 2 ** 16;
const encoder = new TextEncoder();
const UNKNOWN = encoder.encode('\ufffd');

/** True where GPT-2's algorithm is what the file asks for; others go to the library. */
export function isByteLevelBpe({ normalizer, pre_tokenizer, decoder, ...json }: TokenizerJson) {
  const { type, vocab, merges, ...model } = json.model;
  const isPlain = [model.ignore_merges, model.byte_fallback].every((flag) => !flag);
  const hasNoMarks = !model.continuing_subword_prefix && !model.end_of_word_suffix;
  return (
    (type === undefined || type === 'BPE') &&
    !normalizer &&
    pre_tokenizer?.type === 'ByteLevel' &&
    pre_tokenizer.use_regex !== false &&
    pre_tokenizer.add_prefix_space === false &&
    decoder?.type === 'ByteLevel' &&
    isPlain &&
    hasNoMarks &&
    merges !== undefined &&
    byteCharacters.every((character) => !Array.isArray(vocab) && Object.hasOwn(vocab, character)) &&
    json.added_tokens.every((token) => !token.single_word && !token.lstrip && !token.rstrip)
  );
}

export class ByteLevelBpe {
  /** By pair of ids: which merge it is, 0 for the first. */
  readonly #ranks = new Map<number, number>();
  /** By merge: the id that it makes. */
  readonly #merged: number[] = [];
  /** By byte. */
  readonly #byteIds: readonly number[];
  /** By id; holes where no token is. */
  readonly #bytes: (Uint8Array<ArrayBuffer> | undefined)[];
  readonly #added: ReadonlyMap<string, number>;
  readonly #addedPattern: RegExp | null;
  readonly #cache = new Map<string, readonly number[]>();

  /** @param json - one for which `isByteLevelBpe` is true. @throws ArgumentError where a merge makes no token */
  constructor(json: TokenizerJson, what: string) {
    const vocab = new Map(Object.entries(json.model.vocab as Record<string, number>));
    this.#byteIds = byteCharacters.map((character) => vocab.get(character) as number);
    this.#bytes = new Array(getVocabSize(json));
    for (const [token, id] of vocab) this.#bytes[id] = tokenBytes(token) ?? encoder.encode(token);
    for (const { id, content } of json.added_tokens) this.#bytes[id] = encoder.encode(content);
    for (const merge of json.model.merges ?? []) this.#addMerge(merge, vocab, what);
    this.#added = new Map(json.added_tokens.map(({ id, content }) => [content, id]));
    this.#addedPattern = makeAddedPattern([...this.#added.keys()]);
  }

  encode(text: string): Int32Array<ArrayBuffer> {
    const ids: number[] = [];
    for (const part of this.#addedPattern ? text.split(this.#addedPattern) : [text]) {
      const added = this.#added.get(part);
      if (added !== undefined) ids.push(added);
      else
        for (const [word] of part.matchAll(wordPattern()))
          for (const id of this.#encodeWord(word)) ids.push(id);
    }
    return Int32Array.from(ids);
  }

  decode(tokens: ArrayLike<number>): string {
    const decoder = this.streamDecoder();
    return Array.from(tokens, decoder.push).join('') + decoder.end();
  }

  streamDecoder(): StreamDecoder {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    return {
      push: (token) => decoder.decode(this.#bytes[token] ?? UNKNOWN, { stream: true }),
      end: () => decoder.decode(),
    };
  }

  #addMerge(merge: string | [string, string], vocab: ReadonlyMap<string, number>, what: string) {
    const [left = '', right = ''] = typeof merge === 'string' ? merge.split(' ') : merge;
    const ids = [left, right, left + right].map((token) => vocab.get(token));
    const [leftId, rightId, mergedId] = ids;
    if (leftId === undefined || rightId === undefined || mergedId === undefined) {
      throw new ArgumentError(
        `${what}: expected tokens in the vocabulary for the merge "${left} ${right}", got none for "${[left, right, left + right][ids.indexOf(undefined)]}". The file is damaged.`,
      );
    }
    this.#ranks.set(pairKey(leftId, rightId), this.#merged.length);
    this.#merged.push(mergedId);
  }

  #encodeWord(word: string): readonly number[] {
    const cached = this.#cache.get(word);
    if (cached) return cached;
    let ids = Array.from(encoder.encode(word), (byte) => this.#byteIds[byte] as number);
    for (;;) {
      const rank = this.#firstMerge(ids);
      if (rank === null) break;
      ids = this.#merge(ids, rank);
    }
    if (this.#cache.size >= CACHED_WORDS) this.#cache.clear();
    this.#cache.set(word, ids);
    return ids;
  }

  /** The earliest merge among the pairs; null where there is none left. */
  #firstMerge(ids: readonly number[]): number | null {
    let first = Number.POSITIVE_INFINITY;
    for (let i = 1; i < ids.length; i++) {
      const rank = this.#ranks.get(pairKey(ids[i - 1] as number, ids[i] as number));
      if (rank !== undefined && rank < first) first = rank;
    }
    return Number.isFinite(first) ? first : null;
  }

  /** Every pair of that merge becomes one token, from left to right. */
  #merge(ids: readonly number[], rank: number): number[] {
    const merged: number[] = [];
    for (let i = 0; i < ids.length; i++) {
      const [left, right] = [ids[i] as number, ids[i + 1]];
      const isPair = right !== undefined && this.#ranks.get(pairKey(left, right)) === rank;
      merged.push(isPair ? (this.#merged[rank] as number) : left);
      if (isPair) i++;
    }
    return merged;
  }
}

/** Longer ones first, and captured: `split` keeps them. */
function makeAddedPattern(contents: readonly string[]): RegExp | null {
  if (contents.length === 0) return null;
  const escaped = [...contents]
    .sort((a, b) => b.length - a.length)
    .map((content) => content.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`(${escaped.join('|')})`);
}
