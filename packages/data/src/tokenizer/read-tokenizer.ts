// A tokenizer from a tokenizer.json.

import { sha256Hex } from '../hash.ts';
import { ByteLevelBpe, isByteLevelBpe } from './byte-level-bpe.ts';
import { LibraryCodec } from './library-tokenizer.ts';
import type { Tokenizer } from './tokenizer.ts';
import { findEndOfText, getVocabSize, parseTokenizerJson } from './tokenizer-json.ts';

export interface ReadTokenizerOptions {
  /** The file, for messages. */
  readonly what?: string;
  /** Default: `tokenizer.json` and the first digits of its SHA-256. */
  readonly name?: string;
}

/**
 * Any Hugging Face tokenizer.json. The text of a special token becomes that token, as it does there.
 * @throws ArgumentError saying what of it does not fit
 */
export async function readTokenizer(
  json: string,
  { what = 'tokenizer.json', name }: ReadTokenizerOptions = {},
): Promise<Tokenizer> {
  const parsed = parseTokenizerJson(json, what);
  const codec = isByteLevelBpe(parsed)
    ? new ByteLevelBpe(parsed, what)
    : new LibraryCodec(parsed, what);
  return {
    name: name ?? `tokenizer.json ${(await sha256Hex(json)).slice(0, 16)}`,
    vocabSize: getVocabSize(parsed),
    endOfText: findEndOfText(parsed),
    json,
    encode: (text) => codec.encode(text),
    decode: (tokens) => codec.decode(tokens),
    streamDecoder: () => codec.streamDecoder(),
  };
}
