import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { Environment } from './environment.ts';
import { SoftwareAdapterError } from './errors.ts';
import type { TarFile } from './tar.ts';

/** SHA-256 in hex by file name. */
export type Hashes = Readonly<Record<string, string>>;

export const toHash = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');

/** Where unpacked files may live, best first. Libraries are loaded from there: per user only. */
const cacheFolders = (chosen: string | undefined, env: Environment): string[] => {
  const named = chosen ?? env.VULPES_CACHE_DIR;
  if (named) return [named];
  const xdg = env.XDG_CACHE_HOME;
  const home = xdg && isAbsolute(xdg) ? xdg : join(homedir(), '.cache');
  return [join(home, 'vulpes'), join(tmpdir(), `vulpes-${process.getuid?.() ?? 'user'}`)];
};

/** Nobody else may be able to put a library where we load one from. */
const makePrivate = (folder: string): void => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { uid, mode } = lstatSync(folder);
  if (uid !== process.getuid?.()) throw new Error(`${folder} belongs to another user`);
  if (mode & 0o022) chmodSync(folder, mode & 0o755);
};

/** True when the folder holds every file with the bytes that are expected. */
export const isComplete = (folder: string, hashes: Hashes): boolean => {
  try {
    return Object.entries(hashes).every(
      ([name, hash]) => toHash(readFileSync(join(folder, name))) === hash,
    );
  } catch {
    return false;
  }
};

const writeAll = (folder: string, files: readonly TarFile[]): void => {
  mkdirSync(folder, { mode: 0o700 });
  for (const { name, data } of files) writeFileSync(join(folder, name), data, { mode: 0o755 });
};

/** Puts a finished folder in place; a process that came first wins, a damaged one gives way. */
const moveIntoPlace = (finished: string, target: string, hashes: Hashes): void => {
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      renameSync(finished, target);
      return;
    } catch (error) {
      if (isComplete(target, hashes)) return;
      if (attempt === 2) throw error;
      // Rename first: deleting in place could take files from under a process that just won.
      try {
        renameSync(target, `${finished}.old`);
      } catch {
        // another process moved it away
      }
      rmSync(`${finished}.old`, { recursive: true, force: true });
    }
  }
};

interface Contents {
  /** What the files must be. */
  readonly hashes: Hashes;
  /** Called only where they are not there. */
  readonly read: () => TarFile[];
}

const unpackInto = (parent: string, name: string, { hashes, read }: Contents): string => {
  const target = join(parent, name);
  if (isComplete(target, hashes)) return target;
  makePrivate(parent);
  const unfinished = `${target}.${process.pid}-${randomBytes(4).toString('hex')}`;
  try {
    writeAll(unfinished, read());
    moveIntoPlace(unfinished, target, hashes);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return target;
};

/**
 * A folder `name` in the user's cache that holds what `read` returns, checked at each call. It appears in one rename,
 * so any number of processes may ask at once, and a killed one leaves nothing half done.
 */
export const cachedFolder = (
  name: string,
  contents: Contents,
  options: { cacheDir?: string | undefined; env?: Environment } = {},
): string => {
  const parents = cacheFolders(options.cacheDir, options.env ?? process.env);
  let cause: unknown;
  for (const parent of parents) {
    try {
      return unpackInto(parent, name, contents);
    } catch (error) {
      if (SoftwareAdapterError.isInstance(error)) throw error;
      cause = error;
    }
  }
  throw new SoftwareAdapterError(
    'cache-unwritable',
    `softwareAdapter: expected a writable cache folder, tried ${parents.join(' and ')}. ` +
      'Set VULPES_CACHE_DIR to a folder that only you can write to.',
    { cause },
  );
};
