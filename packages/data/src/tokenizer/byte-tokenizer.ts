// Byte-level tokens: a token is one byte of the text's UTF-8 form.

import { ArgumentError } from '@vulpes/tensor-core';
import type { Tokenizer } from './tokenizer.ts';

export interface ByteTokenizer extends Tokenizer {
  encode(text: string): Uint8Array<ArrayBuffer>;
}

export const byteTokenizer: ByteTokenizer = {
  name: 'bytes',
  vocabSize: 256,
  endOfText: null,
  json: null,
  encode: (text) => new TextEncoder().encode(text),
  decode: (tokens) => textDecoder().decode(Uint8Array.from(tokens, checkByte)),
  streamDecoder: () => {
    const decoder = textDecoder();
    return {
      push: (token) => decoder.decode(Uint8Array.of(checkByte(token)), { stream: true }),
      end: () => decoder.decode(),
    };
  },
};

const textDecoder = () => new TextDecoder('utf-8', { ignoreBOM: true });

function checkByte(token: number): number {
  if (Number.isInteger(token) && token >= 0 && token < 256) return token;
  throw new ArgumentError(
    `byteTokenizer: expected tokens 0…255, got ${token}. Is the model's vocab_size 256?`,
  );
}
