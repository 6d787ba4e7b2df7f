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
import { explain, FileError } from '@vulpes/cli-kit';
import type { Files } from '@vulpes/training';
import type { RunLock } from './run-lock.ts';

/** They throw FileError. */
export const syncedFiles: Files = {
  read: async (path) => Uint8Array.from(await explain('read', path, readFile(path))),
  write: (path, bytes) => changeAndSync(path, 'w', (file) => file.writeFile(bytes)),
  append: (path, bytes) => changeAndSync(path, 'a', (file) => file.appendFile(bytes)),
  truncate: (path, size) => changeAndSync(path, 'r+', (file) => file.truncate(size)),
  size: (path) => explain('read', path, sizeOrNull(path)),
  list: async (folder) => (await explain('read', folder, listOrEmpty(folder))).sort(),
  makeFolder,
  rename: (from, to) => explain('write', to, renameAndSync(from, to)),
  remove: (path) => explain('delete', path, rm(path, { recursive: true, force: true })),
};

/** The same files for as long as the run's folder is the one that was locked. */
export const guardFiles = (files: Files, lock: Pick<RunLock, 'assertHeld'>): Files => ({
  ...files,
  write: (path, bytes) => lock.assertHeld().then(() => files.write(path, bytes)),
  append: (path, bytes) => lock.assertHeld().then(() => files.append(path, bytes)),
  makeFolder: (folder) => lock.assertHeld().then(() => files.makeFolder(folder)),
  rename: (from, to) => lock.assertHeld().then(() => files.rename(from, to)),
});

const changeAndSync = (
  path: string,
  flags: string,
  change: (file: FileHandle) => Promise<void>,
): Promise<void> =>
  explain(
    'write',
    path,
    open(path, flags).then(async (file) => {
      try {
        await change(file);
        await file.sync();
      } finally {
        await file.close();
      }
    }),
  );

const sizeOrNull = async (path: string): Promise<number | null> =>
  (await stat(path).catch(nothingIfMissing(null)))?.size ?? null;

const listOrEmpty = (folder: string): Promise<string[]> =>
  readdir(folder).catch(nothingIfMissing<string[]>([]));

const nothingIfMissing =
  <N>(nothing: N) =>
  (error: NodeJS.ErrnoException): N => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return nothing;
    throw error;
  };

/** Parents first. Not by `recursive: true`, with which Node never returns where the parent is there and refuses, as in /proc. */
async function makeFolder(folder: string): Promise<void> {
  const problem = await tryMakeFolder(folder);
  if (problem === null) return;
  const parent = dirname(folder);
  const hasParent = parent === folder || (await sizeOrNull(parent).catch(() => 0)) !== null;
  if (problem.code === 'ENOENT' && hasParent) {
    throw new FileError('make folder', folder, new Error('no folders can be made there'));
  }
  if (problem.code !== 'ENOENT') throw new FileError('make folder', folder, problem);
  await makeFolder(parent);
  const second = await tryMakeFolder(folder);
  if (second) throw new FileError('make folder', folder, second);
}

/** null when the folder is there. */
async function tryMakeFolder(folder: string): Promise<NodeJS.ErrnoException | null> {
  try {
    await mkdir(folder);
    return null;
  } catch (error) {
    const isThere = await stat(folder).then(
      (found) => found.isDirectory(),
      () => false,
    );
    return isThere ? null : (error as NodeJS.ErrnoException);
  }
}

async function renameAndSync(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncFolder(dirname(to));
}

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
