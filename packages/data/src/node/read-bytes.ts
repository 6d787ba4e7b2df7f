// A file's bytes, unpacked, chunk by chunk.

import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { ArgumentError } from '@vulpes/tensor-core';
import { Decompress } from 'fzstd';
import { type InputFile, unreadable } from './input-files.ts';

const CHUNK = 2 ** 20;

/** @param onRead - told how many bytes of the file, as it is packed, were read. @throws ArgumentError where it is damaged */
export async function* readBytes(
  { path, size, compression }: InputFile,
  onRead: (bytes: number) => void = () => {},
): AsyncGenerator<Uint8Array> {
  if (size === 0) return;
  const stored = readStored(path, size, onRead);
  if (compression === 'gzip') yield* gunzip(stored, path);
  else if (compression === 'zstd') yield* unpackZstd(stored, path);
  else yield* stored;
}

async function* readStored(
  path: string,
  size: number,
  onRead: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  const stream = createReadStream(path, { highWaterMark: CHUNK, end: size - 1 });
  try {
    for await (const chunk of stream) {
      onRead(chunk.length);
      yield chunk;
    }
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code ? unreadable(path, error) : error;
  }
}

async function* gunzip(stored: AsyncIterable<Buffer>, path: string): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip({ chunkSize: CHUNK });
  // Written beside reading: `pipe` would not pass on an error of the file.
  const writing = writeAll(stored, gunzip);
  writing.catch((error) => gunzip.destroy(error));
  try {
    for await (const chunk of gunzip) yield chunk;
  } catch (error) {
    throw damaged(path, 'gzip', error);
  } finally {
    gunzip.destroy();
  }
  await writing;
}

async function writeAll(stored: AsyncIterable<Buffer>, target: NodeJS.WritableStream) {
  for await (const chunk of stored) {
    if (!target.write(chunk)) await new Promise((resolve) => target.once('drain', resolve));
  }
  target.end();
}

async function* unpackZstd(
  stored: AsyncIterable<Buffer>,
  path: string,
): AsyncGenerator<Uint8Array> {
  let unpacked: Uint8Array[] = [];
  const decompress = new Decompress((chunk) => void unpacked.push(chunk));
  const push = (chunk: Uint8Array, isLast: boolean): Uint8Array[] => {
    unpacked = [];
    try {
      decompress.push(chunk, isLast);
    } catch (error) {
      throw damaged(path, 'Zstandard', error);
    }
    return unpacked.filter(({ length }) => length > 0);
  };
  for await (const chunk of stored) yield* push(chunk, false);
  yield* push(new Uint8Array(), true);
}

const damaged = (path: string, kind: string, error: unknown): unknown =>
  ArgumentError.isInstance(error)
    ? error
    : new ArgumentError(
        `${path}: expected whole ${kind} data, got some that is damaged or cut off (${(error as Error).message}). Fetch the file again.`,
        { cause: error },
      );
