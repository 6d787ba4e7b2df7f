// The files a run needs, as an interface: Node and the browser each bring theirs.

/** Paths are joined with `/`. Every promise that resolves has made its change last through a crash. */
export interface Files {
  /** Rejects when the file is missing or unreadable. */
  read(path: string): Promise<Uint8Array<ArrayBuffer>>;
  /** Creates or replaces. The folder exists already. */
  write(path: string, bytes: Uint8Array): Promise<void>;
  /** Adds to the end, creates when missing. */
  append(path: string, bytes: Uint8Array): Promise<void>;
  /** Cuts a file to its first `size` bytes. */
  truncate(path: string, size: number): Promise<void>;
  /** Bytes of a file; null when there is none. */
  size(path: string): Promise<number | null>;
  /** Names in a folder, sorted; empty when there is no such folder. */
  list(folder: string): Promise<string[]>;
  /** With parents; nothing to do when it is there. */
  makeFolder(folder: string): Promise<void>;
  /** Moves a file (replacing the target) or a folder (the target is missing), in one step where the platform can. */
  rename(from: string, to: string): Promise<void>;
  /** A file, or a folder with all it holds; nothing to do when missing. */
  remove(path: string): Promise<void>;
}

export const joinPath = (...parts: readonly string[]): string =>
  parts.filter((part) => part !== '').join('/');

const encoder = new TextEncoder();

export const encodeText = (text: string): Uint8Array<ArrayBuffer> => encoder.encode(text);

export const encodeJson = (value: unknown): Uint8Array<ArrayBuffer> =>
  encodeText(`${JSON.stringify(value, null, 2)}\n`);

/** Replaces a file so that a crash leaves the old or the new content, never a part. */
export async function replaceFile(files: Files, path: string, bytes: Uint8Array): Promise<void> {
  const scratch = `${path}.writing`;
  try {
    await files.write(scratch, bytes);
    await files.rename(scratch, path);
  } catch (error) {
    await files.remove(scratch).catch(() => {});
    throw error;
  }
}
