// Reading folders and writing one page, on Node's disk.

import { access, constants, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { FileSystem } from '@vulpes/lm-models';

export const sizeOf = (path: string): Promise<number | null> =>
  stat(path).then(
    ({ size }) => size,
    () => null,
  );

export const listFolder = async (folder: string): Promise<string[]> =>
  (await readdir(folder).catch(() => [])).sort();

export const fileSystem: FileSystem = {
  readFile: (path) => readFile(path),
  writeFile: (path, bytes) => writeFile(path, bytes),
  exists: async (path) => (await sizeOf(path)) !== null,
  list: listFolder,
};

/** Throws what writing to the path would throw, as far as one can tell without writing. */
export async function assertWritable(path: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (found?.isDirectory()) throw Object.assign(new Error(path), { code: 'EISDIR' });
  await access(found ? path : dirname(path), constants.W_OK);
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EISDIR: 'it is a folder; name a file',
  ENOTDIR: 'a part of its path is a file',
  EACCES: 'permission denied',
  EROFS: 'the disk is read-only',
};

/** Why a file could not be read or written, as part of a sentence. */
export function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return REASONS[code] ?? (error instanceof Error ? error.message : String(error));
}
