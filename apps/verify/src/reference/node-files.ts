// The files of a folder of reference vectors, for the readers of @vulpes/lm-models.

import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import type { FileSystem } from '@vulpes/lm-models';

export const nodeFiles: FileSystem = {
  readFile: async (path) => new Uint8Array(await readFile(path)),
  writeFile: (path, bytes) => writeFile(path, bytes),
  exists: async (path) => (await stat(path).catch(() => null)) !== null,
  list: (directory) => readdir(directory),
};
