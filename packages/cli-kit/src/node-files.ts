// Files on Node's disk.

import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { FileError } from './errors.ts';

/** For the readers of model folders in @vulpes/lm-models. They throw FileError. */
export const nodeFiles = {
  readFile: async (path: string): Promise<Uint8Array<ArrayBuffer>> =>
    Uint8Array.from(await explain('read', path, readFile(path))),
  writeFile: (path: string, bytes: Uint8Array): Promise<void> =>
    explain('write', path, writeFile(path, bytes)),
  exists: async (path: string): Promise<boolean> => (await getFileSize(path)) !== null,
  list: async (folder: string): Promise<string[]> =>
    (await explain('list', folder, readdir(folder))).sort(),
};

/** @throws FileError in place of Node's error. @param act - such as "write" */
export async function explain<T>(act: string, path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw new FileError(act, path, cause);
  }
}

/** Null where there is no such file or folder. */
export const getFileSize = async (path: string): Promise<number | null> =>
  (await stat(path).catch(() => null))?.size ?? null;
