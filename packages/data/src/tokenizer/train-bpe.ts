// Trains a byte-level BPE: the pair of tokens that is most frequent in the text becomes a token, again and again.

import { ArgumentError } from '@vulpes/tensor-core';
import { byteCharacters, byteLevelJson, byteOrder, wordPattern } from './byte-level.ts';

/** Bytes and `<|endoftext|>`. */
const FIXED_TOKENS = 257;
/** A longer "word" is a run of one sign or a table: no pair in it would be worth a token. */
const MAX_WORD = 256;

/** Counts words, then merges. Only the words and their counts stay in memory. */
export class BpeTrainer {
  readonly #counts = new Map<string, number>();

  add(text: string): void {
    for (const [word] of text.matchAll(wordPattern()))
      if (word.length <= MAX_WORD) this.#counts.set(word, (this.#counts.get(word) ?? 0) + 1);
  }

  /**
   * The content of a tokenizer.json. A vocabulary is smaller than asked for where no pair is left that occurs twice.
   * @param vocabSize - tokens: 256 bytes, merges, `<|endoftext|>`. @throws ArgumentError
   */
  train(vocabSize: number): string {
    if (!Number.isInteger(vocabSize) || vocabSize < FIXED_TOKENS || vocabSize > 2 ** 20) {
      throw new ArgumentError(
        `BPE: expected a vocabulary of ${FIXED_TOKENS} (256 bytes and one token that ends a text) to ${2 ** 20} tokens, got ${vocabSize}.`,
      );
    }
    const merges = new Merges(this.#counts);
    const pairs: [string, string][] = [];
    const tokens = byteOrder.map((byte) => byteCharacters[byte] as string);
    while (tokens.length + 1 < vocabSize) {
      const pair = merges.next(tokens.length);
      if (!pair) break;
      const [left, right] = pair.map((id) => tokens[id] as string) as [string, string];
      pairs.push([left, right]);
      tokens.push(left + right);
    }
    return byteLevelJson(pairs);
  }
}

interface Word {
  ids: number[];
  readonly count: number;
}

const SHIFT = 2 ** 20;

/** All words, how often each pair of neighbours occurs, and in which words. */
class Merges {
  readonly #words: Word[];
  readonly #counts = new Map<number, number>();
  /** By pair: indices of words that have, or once had, it. */
  readonly #places = new Map<number, Set<number>>();
  readonly #queue = new PairQueue();

  constructor(counts: ReadonlyMap<string, number>) {
    const ids = new Map(byteOrder.map((byte, id) => [byte, id]));
    const encoder = new TextEncoder();
    this.#words = Array.from(counts, ([word, count]) => ({
      ids: Array.from(encoder.encode(word), (byte) => ids.get(byte) as number),
      count,
    }));
    for (const index of this.#words.keys()) this.#count(index, 1, () => {});
    for (const pair of this.#counts.keys()) this.#enqueue(pair);
  }

  /** The most frequent pair, which is now the token `id` in every word; null where none occurs twice. Ties go to the lower ids. */
  next(id: number): [number, number] | null {
    for (;;) {
      const top = this.#queue.pop();
      if (!top || top.count < 2) return null;
      if (top.count !== this.#counts.get(top.pair)) continue; // it has changed since
      this.#merge(top.pair, id);
      return [Math.floor(top.pair / SHIFT), top.pair % SHIFT];
    }
  }

  #merge(pair: number, id: number): void {
    const changed = new Set<number>();
    const note = (other: number) => void changed.add(other);
    for (const index of this.#places.get(pair) ?? []) {
      const word = this.#words[index] as Word;
      this.#count(index, -1, note);
      word.ids = replacePair(word.ids, pair, id);
      this.#count(index, 1, note);
    }
    this.#places.delete(pair);
    changed.delete(pair);
    for (const other of changed) this.#enqueue(other);
  }

  /** Adds the pairs of a word to the counts, or takes them away. */
  #count(index: number, sign: 1 | -1, note: (pair: number) => void): void {
    const { ids, count } = this.#words[index] as Word;
    for (let i = 1; i < ids.length; i++) {
      const pair = (ids[i - 1] as number) * SHIFT + (ids[i] as number);
      this.#counts.set(pair, (this.#counts.get(pair) ?? 0) + sign * count);
      note(pair);
      if (sign < 0) continue;
      const places = this.#places.get(pair);
      if (places) places.add(index);
      else this.#places.set(pair, new Set([index]));
    }
  }

  #enqueue(pair: number): void {
    const count = this.#counts.get(pair) as number;
    if (count >= 2) this.#queue.push({ pair, count });
  }
}

function replacePair(ids: readonly number[], pair: number, id: number): number[] {
  const replaced: number[] = [];
  for (let i = 0; i < ids.length; i++) {
    const isPair =
      i + 1 < ids.length && (ids[i] as number) * SHIFT + (ids[i + 1] as number) === pair;
    replaced.push(isPair ? id : (ids[i] as number));
    if (isPair) i++;
  }
  return replaced;
}

interface CountedPair {
  readonly pair: number;
  readonly count: number;
}

/** A binary heap: the most frequent pair first, of equals the lowest. */
class PairQueue {
  readonly #heap: CountedPair[] = [];

  push(item: CountedPair): void {
    const heap = this.#heap;
    let at = heap.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (!isBefore(item, heap[parent] as CountedPair)) break;
      heap[at] = heap[parent] as CountedPair;
      at = parent;
    }
    heap[at] = item;
  }

  pop(): CountedPair | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (heap.length === 0 || !last) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      const right = heap[child + 1];
      if (right && isBefore(right, heap[child] as CountedPair)) child++;
      if (!isBefore(heap[child] as CountedPair, last)) break;
      heap[at] = heap[child] as CountedPair;
      at = child;
    }
    heap[at] = last;
    return top;
  }
}

const isBefore = (a: CountedPair, b: CountedPair): boolean =>
  a.count !== b.count ? a.count > b.count : a.pair < b.pair;
