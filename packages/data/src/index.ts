// @vulpes/data: from text to tokens that a model is trained on, in Node and browsers. Files on disk: @vulpes/data/node.

export {
  type Corpus,
  createCorpus,
  splitCorpus,
  type TextSource,
  type TokenSet,
} from './corpus.ts';
export {
  type DecodeOptions,
  decodeText,
  type TextNote,
} from './readers/decode-text.ts';
export { type FieldOptions, jsonlPieces } from './readers/jsonl.ts';
export { type ParquetOptions, parquetPieces } from './readers/parquet.ts';
export { bytePieces, type Piece, textPieces } from './readers/pieces.ts';
export type { Manifest, ShardEntry } from './shards/manifest.ts';
export { type Split, type SplitOptions, splitTokens } from './split.ts';
export {
  memoryTokens,
  selectTokens,
  type TokenArray,
  type TokenRange,
  type TokenSource,
} from './token-source.ts';
export { collectTokens, type TokenPiece, tokenizePieces } from './tokenize.ts';
export { type ByteTokenizer, byteTokenizer } from './tokenizer/byte-tokenizer.ts';
export { type ReadTokenizerOptions, readTokenizer } from './tokenizer/read-tokenizer.ts';
export type { StreamDecoder, Tokenizer } from './tokenizer/tokenizer.ts';
export { BpeTrainer } from './tokenizer/train-bpe.ts';
