// Pieces of documents to tokens, with what stands between two documents.

import { ArgumentError } from '@vulpes/tensor-core';
import type { TokenSet } from './corpus.ts';
import { sha256Hex } from './hash.ts';
import type { Piece } from './readers/pieces.ts';
import { memoryTokens, type TokenArray } from './token-source.ts';
import type { Tokenizer } from './tokenizer/tokenizer.ts';

export interface TokenPiece {
  readonly tokens: Uint8Array | Int32Array;
  /** Where in `tokens` a document begins, after what parts it from the one before; null within a document. */
  readonly documentAt: number | null;
}

/** @throws ArgumentError where bytes as they are come with a tokenizer of text */
export async function* tokenizePieces(
  pieces: AsyncIterable<Piece>,
  tokenizer: Tokenizer,
): AsyncGenerator<TokenPiece> {
  const { endOfText } = tokenizer;
  const gap = endOfText === null ? tokenizer.encode('\n\n') : Int32Array.of(endOfText);
  let isFirst = true;
  for await (const { name, isStart, content } of pieces) {
    if (isStart && !isFirst) yield { tokens: gap, documentAt: null };
    isFirst = false;
    const tokens = encodeContent(content, tokenizer, name);
    yield { tokens, documentAt: isStart ? 0 : null };
  }
}

function encodeContent(content: string | Uint8Array, tokenizer: Tokenizer, name: string) {
  if (typeof content === 'string') return tokenizer.encode(content);
  if (tokenizer.name === 'bytes') return content;
  throw new ArgumentError(
    `${name}: expected the byte tokenizer for bytes as they are (--encoding bytes), got ${tokenizer.name}. Name the encoding of the text, or leave --tokenizer out.`,
  );
}

/** Bytes that hold any id below `vocabSize`. */
export const tokenWidth = (vocabSize: number): 1 | 2 | 4 =>
  vocabSize <= 2 ** 8 ? 1 : vocabSize <= 2 ** 16 ? 2 : 4;

const ARRAYS = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array } as const;

/** An array of tokens that grows; each is as wide as the largest id needs. */
export class TokenList {
  #array: TokenArray;
  #length = 0;

  constructor(width: 1 | 2 | 4) {
    this.#array = new ARRAYS[width](2 ** 16);
  }

  get length(): number {
    return this.#length;
  }

  push(tokens: ArrayLike<number>): void {
    const length = this.#length + tokens.length;
    if (length > this.#array.length) {
      const grown = new (this.#array.constructor as typeof Uint32Array)(
        Math.max(length, 2 * this.#array.length),
      );
      grown.set(this.#array.subarray(0, this.#length));
      this.#array = grown;
    }
    this.#array.set(tokens, this.#length);
    this.#length = length;
  }

  /** A view; it lasts until the next push. */
  tokens(): TokenArray {
    return this.#array.subarray(0, this.#length);
  }
}

/** In bytes. More is better read from shards. */
const MAX_MEMORY = 2 ** 30;

/** All tokens in memory. @throws ArgumentError where they are too many, or none */
export async function collectTokens(
  pieces: AsyncIterable<Piece>,
  tokenizer: Tokenizer,
): Promise<TokenSet> {
  const width = tokenWidth(tokenizer.vocabSize);
  const list = new TokenList(width);
  const starts: number[] = [];
  for await (const { tokens, documentAt } of tokenizePieces(pieces, tokenizer)) {
    if (documentAt !== null) starts.push(list.length + documentAt);
    list.push(tokens);
    if (list.length * width > MAX_MEMORY) {
      throw new ArgumentError(
        `corpus: expected at most ${MAX_MEMORY / 2 ** 30} GiB of tokens in memory, got more. Write them into shards first: npm run trainer -- prepare FILE… --out FOLDER, then train --data FOLDER.`,
      );
    }
  }
  const tokens = list.tokens();
  const bytes = new Uint8Array(tokens.buffer as ArrayBuffer, 0, tokens.byteLength);
  const source = memoryTokens(tokens, starts);
  return { source, documents: starts.length, tokenizer, hash: await sha256Hex(bytes) };
}
