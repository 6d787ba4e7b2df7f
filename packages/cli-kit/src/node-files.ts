// Files on Node's disk.

import { readdir, readFile, stat, writeFile } from 'node:fs/promises';

/** For the readers of model folders in @vulpes/lm-models. */
export const nodeFiles = {
  readFile: async (path: string): Promise<Uint8Array<ArrayBuffer>> =>
    Uint8Array.from(await readFile(path)),
  writeFile: (path: string, bytes: Uint8Array): Promise<void> => writeFile(path, bytes),
  exists: async (path: string): Promise<boolean> => (await getFileSize(path)) !== null,
  list: async (folder: string): Promise<string[]> => (await readdir(folder)).sort(),
};

/** Null where there is no such file or folder. */
export const getFileSize = async (path: string): Promise<number | null> =>
  (await stat(path).catch(() => null))?.size ?? null;

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EISDIR: 'it is a folder; name a file',
  ENOTDIR: 'it, or a part of its path, is a file',
  EACCES: 'permission denied',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
};

/** Why a file can't be read or written, as part of a sentence. */
export function describeFileError(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return REASONS[code] ?? (error instanceof Error ? error.message : String(error));
}
