// @vulpes/data: from text to tokens that a model is trained on, in Node and browsers. Files on disk: @vulpes/data/node.

export {
  type Corpus,
  createCorpus,
  splitCorpus,
  type TextSource,
  type TokenSet,
} from './corpus.ts';
export { type Split, type SplitOptions, splitTokens } from './split.ts';
export {
  memoryTokens,
  selectTokens,
  type TokenArray,
  type TokenRange,
  type TokenSource,
} from './token-source.ts';
export { type ByteTokenizer, byteTokenizer } from './tokenizer/byte-tokenizer.ts';
export { type ReadTokenizerOptions, readTokenizer } from './tokenizer/read-tokenizer.ts';
export type { StreamDecoder, Tokenizer } from './tokenizer/tokenizer.ts';
export { BpeTrainer } from './tokenizer/train-bpe.ts';
