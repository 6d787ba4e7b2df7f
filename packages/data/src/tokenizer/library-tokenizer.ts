// Every other tokenizer.json, by the library @huggingface/tokenizers.

import { Tokenizer as LibraryTokenizer } from '@huggingface/tokenizers';
import { ArgumentError } from '@vulpes/tensor-core';
import type { StreamDecoder } from './tokenizer.ts';
import type { TokenizerJson } from './tokenizer-json.ts';

const UNKNOWN = '\ufffd';
/** Tokens that are held back at most: no character has more bytes. */
const MAX_HELD = 4;

export class LibraryCodec {
  readonly #library: LibraryTokenizer;

  /** @throws ArgumentError where the library does not know a part of the file */
  constructor(json: TokenizerJson, what: string) {
    try {
      const parts = { normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null };
      this.#library = new LibraryTokenizer({ ...parts, ...json }, {});
    } catch (cause) {
      throw new ArgumentError(
        `${what}: expected a tokenizer.json that @huggingface/tokenizers reads, got one that it does not (${(cause as Error).message}).`,
        { cause },
      );
    }
  }

  /** Without the tokens that a post-processor puts around a text. */
  encode(text: string): Int32Array<ArrayBuffer> {
    return Int32Array.from(this.#library.encode(text, { add_special_tokens: false }).ids);
  }

  decode(tokens: ArrayLike<number>): string {
    const parts: string[] = [];
    let known: number[] = [];
    const flush = () => {
      // By default the library removes spaces before punctuation.
      if (known.length > 0)
        parts.push(this.#library.decode(known, { clean_up_tokenization_spaces: false }));
      known = [];
    };
    for (const token of Array.from(tokens)) {
      if (this.#library.id_to_token(token) !== undefined) known.push(token);
      else {
        flush();
        parts.push(UNKNOWN);
      }
    }
    flush();
    return parts.join('');
  }

  /**
   * A token's text depends on what stands before it (a first token loses its space, bytes join to a character):
   * it is what decoding adds to the text of the tokens before, shown once no half character ends it.
   */
  streamDecoder(): StreamDecoder {
    let shown: number[] = [];
    let held: number[] = [];
    const rest = () => this.decode([...shown, ...held]).slice(this.decode(shown).length);
    return {
      push: (token) => {
        held.push(token);
        const text = rest();
        if (text.endsWith(UNKNOWN) && held.length < MAX_HELD) return '';
        [shown, held] = [held, []];
        return text;
      },
      end: () => (held.length > 0 ? rest() : ''),
    };
  }
}
