// A run's files on disk: what was written survives a crash, since file and folder are synced.

import {
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
} from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Files } from '@vulpes/training';

export const syncedFiles: Files = {
  read: async (path) => Uint8Array.from(await readFile(path)),
  write: (path, bytes) => changeAndSync(path, 'w', (file) => file.writeFile(bytes)),
  append: (path, bytes) => changeAndSync(path, 'a', (file) => file.appendFile(bytes)),
  truncate: (path, size) => changeAndSync(path, 'r+', (file) => file.truncate(size)),
  size: async (path) => (await statOrNull(path))?.size ?? null,
  list: async (folder) => (await readdir(folder).catch(nothingIfMissing<string[]>([]))).sort(),
  makeFolder: async (folder) => void (await mkdir(folder, { recursive: true })),
  rename: async (from, to) => {
    await rename(from, to);
    await syncFolder(dirname(to));
  },
  remove: (path) => rm(path, { recursive: true, force: true }),
};

async function changeAndSync(
  path: string,
  flags: string,
  change: (file: FileHandle) => Promise<void>,
): Promise<void> {
  const file = await open(path, flags);
  try {
    await change(file);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function statOrNull(path: string): Promise<{ size: number } | null> {
  return stat(path).catch(nothingIfMissing(null));
}

const nothingIfMissing =
  <N>(nothing: N) =>
  (error: NodeJS.ErrnoException): N => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return nothing;
    throw error;
  };

/** Makes a rename last. Windows cannot open folders, and needs no such thing. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
