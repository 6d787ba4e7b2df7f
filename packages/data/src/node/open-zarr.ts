// A Zarr array of tokens [documents, tokens of each], such as LongCrawl64, as a token source.

import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ArgumentError } from '@vulpes/tensor-core';
import FileSystemStore from '@zarrita/storage/fs';
import * as zarr from 'zarrita';
import { sha256Hex } from '../hash.ts';
import { checkRange, type TokenSource } from '../token-source.ts';

export interface ZarrTokens {
  readonly source: TokenSource;
  readonly documents: number;
  /** Of shape, type and name: a Zarr array has no hash of its content. */
  readonly hash: string;
}

/** True where the folder is a Zarr array, of version 2 or 3. */
export const isZarr = async (folder: string): Promise<boolean> =>
  (await exists(`${folder}/.zarray`)) || (await exists(`${folder}/zarr.json`));

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** @param vocabSize - ids are below it. @throws ArgumentError where it is no array of whole numbers [documents, tokens] */
export async function openZarr(folder: string, vocabSize: number): Promise<ZarrTokens> {
  const array = await explain(folder, () =>
    zarr.open(new FileSystemStore(resolve(folder)), { kind: 'array' }),
  );
  const [documents = 0, length = 0] = array.shape;
  if (array.shape.length !== 2 || !/^u?int\d+$/.test(array.dtype)) {
    throw new ArgumentError(
      `${folder}: expected a Zarr array of whole numbers [documents, tokens], got ${array.dtype} [${array.shape.join(', ')}].`,
    );
  }
  const readRow = async (row: number, from: number, to: number): Promise<ArrayLike<number>> => {
    const { data } = await explain(folder, () => zarr.get(array, [row, zarr.slice(from, to)]));
    const tokens = Array.from(data as ArrayLike<number | bigint>, Number);
    const odd = tokens.find((token) => token < 0 || token >= vocabSize);
    if (odd === undefined) return tokens;
    throw new ArgumentError(
      `${folder}: expected tokens 0…${vocabSize - 1}, got ${odd} in row ${row}. It was made with another tokenizer: name it with --tokenizer.`,
    );
  };
  const name = JSON.stringify([array.shape, array.dtype, resolve(folder).split('/').at(-1)]);
  return { source: rowSource(documents, length, readRow), documents, hash: await sha256Hex(name) };
}

type ReadRow = (row: number, from: number, to: number) => Promise<ArrayLike<number>>;

function rowSource(documents: number, rowLength: number, readRow: ReadRow): TokenSource {
  const length = documents * rowLength;
  return {
    length,
    read: async (offset, count) => {
      checkRange(length, offset, count);
      const tokens = new Int32Array(count);
      for (let done = 0; done < count; ) {
        const row = Math.floor((offset + done) / rowLength);
        const from = (offset + done) % rowLength;
        const taken = Math.min(rowLength - from, count - done);
        tokens.set(await readRow(row, from, from + taken), done);
        done += taken;
      }
      return tokens;
    },
    documentStarts: async (offset, count) => {
      checkRange(length, offset, count);
      const first = Math.ceil(offset / rowLength);
      const end = Math.ceil((offset + count) / rowLength);
      const rows = Array.from({ length: end - first }, (_, i) => first + i);
      return Int32Array.from(rows, (row) => row * rowLength - offset);
    },
  };
}

async function explain<T>(folder: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    throw new ArgumentError(
      `${folder}: expected a Zarr array, got one that cannot be read (${(cause as Error).message}).`,
      { cause },
    );
  }
}
