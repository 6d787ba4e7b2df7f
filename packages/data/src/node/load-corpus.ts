// The corpus that paths name: text in memory, token shards, or Zarr arrays.

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ArgumentError } from '@vulpes/tensor-core';
import { type Corpus, hashCorpus, splitCorpus } from '../corpus.ts';
import { MANIFEST_FILE } from '../shards/manifest.ts';
import type { SplitOptions } from '../split.ts';
import { collectTokens } from '../tokenize.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { chooseTokenizer } from './choose-tokenizer.ts';
import { findInputFiles } from './input-files.ts';
import { openShards } from './open-shards.ts';
import { isZarr, openZarr } from './open-zarr.ts';
import { DocumentReader } from './read-documents.ts';

export interface CorpusRequest {
  /** Files and folders of text; or one folder of token shards, or of Zarr arrays. */
  readonly paths: readonly string[];
  /** See `chooseTokenizer`. Default: that of the shards, GPT-2 for Zarr, bytes for text. */
  readonly tokenizer?: string | undefined;
  readonly encoding?: string | undefined;
  readonly field?: string | undefined;
}

export interface LoadedCorpus {
  readonly corpus: Corpus;
  /** Sentences that the user should see. */
  readonly notes: readonly string[];
}

/** @throws ArgumentError naming what is wrong with which file */
export async function loadCorpus(
  request: CorpusRequest,
  split: SplitOptions,
): Promise<LoadedCorpus> {
  const [first = '', ...rest] = request.paths;
  const kind = await findKind(first);
  if (kind !== 'text' && rest.length > 0) {
    throw new ArgumentError(
      `${first}: expected one folder of ${kind}, got ${request.paths.length} paths. Name it alone.`,
    );
  }
  if (kind === 'text') return loadText(request, split);
  const corpus = await (kind === 'token shards' ? loadShards : loadZarr)(first, request, split);
  return { corpus, notes: [] };
}

type Kind = 'text' | 'token shards' | 'Zarr arrays';

async function findKind(path: string): Promise<Kind> {
  if (await exists(join(path, MANIFEST_FILE))) return 'token shards';
  const isArrays = (await isZarr(path)) || (await isZarr(join(path, 'train.zarr')));
  if (isArrays) return 'Zarr arrays';
  if (!path.endsWith('.writing')) return 'text';
  throw new ArgumentError(
    `${path}: expected token shards, got a folder that prepare has not finished. Run it again.`,
  );
}

async function loadText(
  { paths, tokenizer: name = 'bytes', encoding, field }: CorpusRequest,
  split: SplitOptions,
): Promise<LoadedCorpus> {
  const { files, notes } = await findInputFiles(paths);
  const options = { ...(encoding && { encoding }), ...(field && { field }) };
  const reader = new DocumentReader(files, options);
  const tokenizer = await chooseTokenizer(name, () => new DocumentReader(files, options).read());
  const tokens = await collectTokens(reader.read(), tokenizer);
  if (tokens.source.length === 0) {
    throw new ArgumentError(
      `corpus: expected some text, got ${files.length === 0 ? 'none' : `only empty text in ${paths.join(', ')}`}. Name a file with text in it.`,
    );
  }
  return { corpus: await splitCorpus(tokens, split), notes: [...notes, ...reader.notes()] };
}

async function loadShards(
  folder: string,
  request: CorpusRequest,
  split: SplitOptions,
): Promise<Corpus> {
  const tokens = await openShards(folder);
  if (request.tokenizer !== undefined) {
    const wanted = await chooseTokenizer(request.tokenizer, noText);
    assertSameTokenizer(folder, tokens.tokenizer, wanted);
  }
  return splitCorpus(tokens, split);
}

/** In place of text to train a tokenizer on, which shards no longer have. */
function noText(): never {
  throw new ArgumentError(
    'tokenizer: expected the one that the token shards were made with, got one that is still to be trained. Leave --tokenizer out.',
  );
}

function assertSameTokenizer(folder: string, { name, json }: Tokenizer, wanted: Tokenizer): void {
  if (json === wanted.json) return;
  throw new ArgumentError(
    `${folder}: expected its own tokenizer, ${name}, got ${wanted.name}. Leave --tokenizer out.`,
  );
}

/** LongCrawl64 has an array to train on and one that is held out; a single array is split. */
async function loadZarr(
  folder: string,
  { tokenizer: name = 'gpt2' }: CorpusRequest,
  split: SplitOptions,
): Promise<Corpus> {
  const tokenizer = await chooseTokenizer(name, noText);
  const open = (path: string) => openZarr(path, tokenizer.vocabSize);
  if (await isZarr(folder)) return splitCorpus({ ...(await open(folder)), tokenizer }, split);
  const train = await open(join(folder, 'train.zarr'));
  const heldOutFolder = join(folder, 'heldout.zarr');
  if (!(await isZarr(heldOutFolder))) return splitCorpus({ ...train, tokenizer }, split);
  const heldOut = await open(heldOutFolder);
  const hash = await hashCorpus(tokenizer, { train: train.hash, heldOut: heldOut.hash });
  return { train: train.source, heldOut: heldOut.source, tokenizer, hash };
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
