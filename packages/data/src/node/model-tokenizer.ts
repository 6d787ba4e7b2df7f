// The tokenizer of a model's folder: its tokenizer.json, or bytes.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ArgumentError } from '@vulpes/tensor-core';
import { TOKENIZER_FILE } from '../shards/manifest.ts';
import { byteTokenizer } from '../tokenizer/byte-tokenizer.ts';
import { readTokenizer } from '../tokenizer/read-tokenizer.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';

/** @param vocabSize - of the model. @throws ArgumentError where the model has fewer tokens than the tokenizer */
export async function openModelTokenizer(folder: string, vocabSize: number): Promise<Tokenizer> {
  const path = join(folder, TOKENIZER_FILE);
  const json = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  const tokenizer = json === null ? byteTokenizer : await readTokenizer(json, { what: path });
  if (vocabSize >= tokenizer.vocabSize) return tokenizer;
  const whose = json === null ? `bytes (there is no ${TOKENIZER_FILE})` : TOKENIZER_FILE;
  throw new ArgumentError(
    `${folder}: expected a model with at least ${tokenizer.vocabSize} tokens, those of ${whose}, got one with ${vocabSize}. Put the tokenizer of the model beside it.`,
  );
}
