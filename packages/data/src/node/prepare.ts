// Text to token shards: read, tokenized and written piece by piece.

import { ArgumentError } from '@vulpes/tensor-core';
import type { Manifest } from '../shards/manifest.ts';
import { tokenizePieces } from '../tokenize.ts';
import { chooseTokenizer } from './choose-tokenizer.ts';
import { findInputFiles } from './input-files.ts';
import type { CorpusRequest } from './load-corpus.ts';
import { DocumentReader } from './read-documents.ts';
import { assertFree, writeShards } from './write-shards.ts';

export interface PrepareProgress {
  readonly phase: 'training the tokenizer' | 'writing tokens';
  /** Bytes of the files, as they are packed: read so far, and in all. */
  readonly bytes: number;
  readonly totalBytes: number;
  readonly tokens: number;
  readonly documents: number;
}

export interface PrepareOptions extends CorpusRequest {
  /** A new folder. */
  readonly out: string;
  readonly shardTokens?: number | undefined;
  readonly onProgress?: (progress: PrepareProgress) => void;
  /** When it is aborted nothing is left behind. */
  readonly signal?: AbortSignal;
}

export interface Prepared {
  readonly manifest: Manifest;
  readonly notes: readonly string[];
}

/** @throws ArgumentError; and what `signal` was aborted with */
export async function prepareShards({
  out,
  paths,
  tokenizer: name = 'bytes',
  encoding,
  field,
  shardTokens,
  onProgress = () => {},
  signal,
}: PrepareOptions): Promise<Prepared> {
  await assertFree(out);
  const { files, notes } = await findInputFiles(paths);
  const totalBytes = files.reduce((sum, { size }) => sum + size, 0);
  const progress = { bytes: 0, totalBytes, tokens: 0, documents: 0 };
  let phase: PrepareProgress['phase'] = 'training the tokenizer';
  const tell = () => onProgress({ ...progress, phase });
  const onRead = (bytes: number) => {
    signal?.throwIfAborted();
    progress.bytes += bytes;
    tell();
  };
  const options = { ...(encoding && { encoding }), ...(field && { field }), onRead };
  const tokenizer = await chooseTokenizer(name, () => new DocumentReader(files, options).read());
  phase = 'writing tokens';
  progress.bytes = 0;
  const reader = new DocumentReader(files, options);
  if (files.length === 0) throw new ArgumentError('prepare: expected files with text, got none.');
  const manifest = await writeShards(out, tokenizePieces(reader.read(), tokenizer), {
    tokenizer,
    sources: files.map(({ path }) => path),
    ...(shardTokens && { shardTokens }),
    onTokens: (tokens, documents) => {
      signal?.throwIfAborted();
      Object.assign(progress, { tokens, documents });
      tell();
    },
  });
  return { manifest, notes: [...notes, ...reader.notes()] };
}
