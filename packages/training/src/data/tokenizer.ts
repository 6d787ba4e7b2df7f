// Byte-level tokens: a token is one byte of the text's UTF-8 form.

import { ArgumentError } from '@vulpes/tensor-core';

export interface Tokenizer {
  /** Kept in checkpoints; resuming with another one is an error. */
  readonly name: string;
  readonly vocabSize: number;
  encode(text: string): Uint8Array;
  /** Bytes that are not valid UTF-8 come out as U+FFFD, as half a character may. */
  decode(tokens: ArrayLike<number>): string;
}

export const byteTokenizer: Tokenizer = {
  name: 'bytes',
  vocabSize: 256,
  encode: (text) => new TextEncoder().encode(text),
  decode: (tokens) => {
    const bytes = Uint8Array.from(tokens, (token) => {
      if (Number.isInteger(token) && token >= 0 && token < 256) return token;
      throw new ArgumentError(
        `byteTokenizer: expected tokens 0…255, got ${token}. Is the model's vocab_size 256?`,
      );
    });
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  },
};
