// Files in memory: for tests, and for a page that keeps its run only while it is open.

import type { Files } from './files.ts';

/** @param content - path to bytes; the map is used as it is, so that a caller can look inside */
export function memoryFiles(content: Map<string, Uint8Array<ArrayBuffer>> = new Map()): Files {
  const under = (folder: string) =>
    [...content.keys()].filter((path) => path.startsWith(`${folder}/`));
  const get = (path: string): Uint8Array<ArrayBuffer> => {
    const bytes = content.get(path);
    if (bytes === undefined) throw new Error(`no such file: ${path}`);
    return bytes;
  };
  return {
    read: async (path) => get(path).slice(),
    write: async (path, bytes) => void content.set(path, Uint8Array.from(bytes)),
    append: async (path, bytes) => {
      const before = content.get(path) ?? new Uint8Array();
      const whole = new Uint8Array(before.length + bytes.length);
      whole.set(before);
      whole.set(bytes, before.length);
      content.set(path, whole);
    },
    truncate: async (path, size) => void content.set(path, get(path).slice(0, size)),
    size: async (path) => content.get(path)?.length ?? null,
    list: async (folder) => {
      const names = under(folder).map(
        (path) => path.slice(folder.length + 1).split('/')[0] as string,
      );
      return [...new Set(names)].sort();
    },
    makeFolder: async () => {},
    rename: async (from, to) => {
      const moved = content.has(from) ? [from] : under(from);
      if (moved.length === 0) throw new Error(`no such file: ${from}`);
      for (const path of moved) {
        content.set(to + path.slice(from.length), get(path));
        content.delete(path);
      }
    },
    remove: async (path) => {
      for (const gone of [path, ...under(path)]) content.delete(gone);
    },
  };
}
