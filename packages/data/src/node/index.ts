// @vulpes/data/node: what needs files.

export { chooseTokenizer } from './choose-tokenizer.ts';
export { readGpt2Tokenizer } from './gpt2.ts';
export {
  type Compression,
  type Format,
  type FoundFiles,
  findInputFiles,
  type InputFile,
} from './input-files.ts';
export { type CorpusRequest, type LoadedCorpus, loadCorpus } from './load-corpus.ts';
export { openModelTokenizer } from './model-tokenizer.ts';
export { openShards } from './open-shards.ts';
export { openZarr, type ZarrTokens } from './open-zarr.ts';
export {
  type Prepared,
  type PrepareOptions,
  type PrepareProgress,
  prepareShards,
} from './prepare.ts';
export { DocumentReader, type ReadOptions } from './read-documents.ts';
export { type ShardOptions, writeShards } from './write-shards.ts';
