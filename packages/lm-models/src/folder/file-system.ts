// The few file operations that a model folder needs; Node, a browser's private files or a download can give them.

import { CheckpointError } from '@vulpes/tensor-core';

/** Paths use "/". Errors of the host pass through. */
export interface FileSystem {
  readFile(path: string): Promise<Uint8Array>;
  writeFile(path: string, bytes: Uint8Array): Promise<void>;
  exists(path: string): Promise<boolean>;
  /** File names in a folder, without their path. */
  list(directory: string): Promise<string[]>;
}

export const joinPath = (directory: string, name: string): string =>
  directory === '' || directory.endsWith('/') ? `${directory}${name}` : `${directory}/${name}`;

/** A file of a folder as text. @throws CheckpointError where it is missing. */
export async function readText(fs: FileSystem, directory: string, name: string): Promise<string> {
  return new TextDecoder().decode(await readBytes(fs, directory, name));
}

/** A file of a folder. @throws CheckpointError where it is missing. */
export async function readBytes(
  fs: FileSystem,
  directory: string,
  name: string,
): Promise<Uint8Array> {
  const path = joinPath(directory, name);
  if (await fs.exists(path)) return fs.readFile(path);
  throw new CheckpointError(
    `${path}: expected a file of this name in the model folder, found none. Pass a folder with config.json and model.safetensors.`,
  );
}

/** Files kept in memory: for tests, and for folders that were downloaded. */
export function memoryFileSystem(files: Record<string, Uint8Array> = {}): FileSystem {
  const contents = new Map(Object.entries(files));
  return {
    async readFile(path) {
      const bytes = contents.get(path);
      if (!bytes) throw new CheckpointError(`${path}: no such file in memory.`);
      return bytes;
    },
    async writeFile(path, bytes) {
      contents.set(path, bytes);
    },
    async exists(path) {
      return contents.has(path);
    },
    async list(directory) {
      const prefix = joinPath(directory, '');
      return [...contents.keys()]
        .filter((path) => path.startsWith(prefix) && !path.slice(prefix.length).includes('/'))
        .map((path) => path.slice(prefix.length));
    },
  };
}
