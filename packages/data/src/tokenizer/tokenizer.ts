// What a tokenizer is: text to tokens and back.

export interface Tokenizer {
  /** Kept in checkpoints; resuming with another one is an error. Has a hash in it where the name alone does not say which. */
  readonly name: string;
  readonly vocabSize: number;
  /** Token that stands between two documents; null: a blank line does. */
  readonly endOfText: number | null;
  /** Content of a tokenizer.json that makes the same tokenizer; null for bytes. */
  readonly json: string | null;
  encode(text: string): Uint8Array<ArrayBuffer> | Int32Array<ArrayBuffer>;
  /** Bytes that are not valid UTF-8 come out as U+FFFD, as half a character may. */
  decode(tokens: ArrayLike<number>): string;
  /** Decodes a text token by token. */
  streamDecoder(): StreamDecoder;
}

/** Holds half characters back until they are whole. */
export interface StreamDecoder {
  /** The text that a token completes; often its own, sometimes none. */
  push(token: number): string;
  /** What was held back, half characters as U+FFFD. */
  end(): string;
}
