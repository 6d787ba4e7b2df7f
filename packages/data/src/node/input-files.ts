// The files that paths name: folders walked, each file looked at before anything is read.

import type { Stats } from 'node:fs';
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ArgumentError } from '@vulpes/tensor-core';

export type Format = 'text' | 'jsonl' | 'parquet';
export type Compression = 'none' | 'gzip' | 'zstd';

export interface InputFile {
  readonly path: string;
  /** Bytes; no more are read, however the file grows. */
  readonly size: number;
  readonly format: Format;
  readonly compression: Compression;
}

export interface FoundFiles {
  readonly files: readonly InputFile[];
  /** Sentences about what was left out. */
  readonly notes: readonly string[];
}

const FORMATS: Readonly<Record<string, Format>> = {
  txt: 'text',
  text: 'text',
  md: 'text',
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  parquet: 'parquet',
};

/**
 * A file that is named is read whatever its name: as text unless it ends in .jsonl, .ndjson or .parquet. Of a folder the files with
 * a known ending are taken, in the order of their names, and folders within it. gzip and Zstandard are known by their first bytes.
 * @throws ArgumentError naming what cannot be read
 */
export async function findInputFiles(paths: readonly string[]): Promise<FoundFiles> {
  const seen = new Map<string, string>();
  const files: InputFile[] = [];
  const notes: string[] = [];
  for (const path of (await Promise.all(paths.map(walk))).flat()) {
    const real = await realpath(path);
    const before = seen.get(real);
    if (before === undefined) files.push(await inspect(path));
    else
      notes.push(`${path} is named twice${before === path ? '' : ` (as ${before})`}: read once.`);
    seen.set(real, before ?? path);
  }
  return { files, notes };
}

async function walk(path: string): Promise<string[]> {
  if (!(await statOrExplain(path)).isDirectory()) return [path];
  const entries = await readdir(path, { withFileTypes: true, recursive: true });
  const names = entries
    .filter((entry) => !entry.isDirectory() && formatOf(entry.name) !== null)
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
  if (names.length > 0) return names;
  throw new ArgumentError(
    `${path}: expected a folder with .txt, .md, .jsonl or .parquet files (or .gz and .zst of them), got one without. Name the files themselves if their names end otherwise.`,
  );
}

const withoutCompression = (name: string): string => name.replace(/\.(gz|zst)$/i, '');

const formatOf = (name: string): Format | null =>
  FORMATS[/\.([a-z]+)$/i.exec(withoutCompression(name))?.[1]?.toLowerCase() ?? ''] ?? null;

async function inspect(path: string): Promise<InputFile> {
  const found = await statOrExplain(path);
  if (!found.isFile()) {
    throw new ArgumentError(
      `${path}: expected a file, got ${describeSpecial(found)}, which may never end. Write its data into a file first.`,
    );
  }
  const format = formatOf(path) ?? 'text';
  const compression = format === 'parquet' ? 'none' : await findCompression(path);
  return { path, size: found.size, format, compression };
}

function describeSpecial(found: Stats): string {
  if (found.isCharacterDevice()) return 'a character device';
  if (found.isBlockDevice()) return 'a block device';
  return found.isFIFO() ? 'a pipe' : 'a socket';
}

async function findCompression(path: string): Promise<Compression> {
  const file = await open(path);
  try {
    const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
    if (buffer[0] === 0x1f && buffer[1] === 0x8b) return 'gzip';
    return buffer.readUInt32LE(0) === 0xfd2fb528 ? 'zstd' : 'none';
  } finally {
    await file.close();
  }
}

async function statOrExplain(path: string): Promise<Stats> {
  try {
    return await stat(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'permission denied',
  ENOTDIR: 'a part of its path is a file',
  ELOOP: 'its links go round in a circle',
};

export function unreadable(path: string, error: unknown): ArgumentError {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return new ArgumentError(`cannot read ${path}: ${REASONS[code] ?? message}.`, { cause: error });
}
