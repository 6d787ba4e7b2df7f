// The tokenizer that a name stands for.

import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ArgumentError } from '@vulpes/tensor-core';
import type { Piece } from '../readers/pieces.ts';
import { byteTokenizer } from '../tokenizer/byte-tokenizer.ts';
import { readTokenizer } from '../tokenizer/read-tokenizer.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { BpeTrainer } from '../tokenizer/train-bpe.ts';
import { readGpt2Tokenizer } from './gpt2.ts';
import { unreadable } from './input-files.ts';

/** A BPE is trained on the first characters of a longer text. */
const TRAINED_CHARACTERS = 2 ** 27;

/**
 * @param name - `bytes`, `gpt2`, `bpe:N` (trained on the text, N tokens), or the path of a tokenizer.json or of a folder with one
 * @param readText - the text that a BPE is trained on. @throws ArgumentError
 */
export async function chooseTokenizer(
  name: string,
  readText: () => AsyncIterable<Piece>,
): Promise<Tokenizer> {
  if (name === 'bytes') return byteTokenizer;
  if (name === 'gpt2') return readGpt2Tokenizer();
  const size = /^bpe:(\d+)$/.exec(name)?.[1];
  return size === undefined ? openTokenizer(name) : trainTokenizer(Number(size), readText());
}

async function openTokenizer(path: string): Promise<Tokenizer> {
  const found = await stat(path).catch(() => null);
  if (found === null) {
    throw new ArgumentError(
      `tokenizer: expected bytes, gpt2, bpe:N (as bpe:4096), or the path of a tokenizer.json, got "${path}", which is no file.`,
    );
  }
  const file = found.isDirectory() ? join(path, 'tokenizer.json') : path;
  const json = await readFile(file, 'utf8').catch((error) => {
    throw unreadable(file, error);
  });
  return readTokenizer(json, { what: file });
}

async function trainTokenizer(size: number, pieces: AsyncIterable<Piece>): Promise<Tokenizer> {
  const trainer = new BpeTrainer();
  let characters = 0;
  for await (const { name, content } of pieces) {
    if (typeof content !== 'string') {
      throw new ArgumentError(
        `${name}: expected text to train a BPE on, got bytes as they are (--encoding bytes). Name the encoding of the text.`,
      );
    }
    trainer.add(content);
    characters += content.length;
    if (characters >= TRAINED_CHARACTERS) break;
  }
  return readTokenizer(trainer.train(size));
}
