// Which cases a folder of reference vectors holds.

import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describeFileError } from '@vulpes/cli-kit';
import { CaseError } from './vectors.ts';

export const CASE_KINDS = ['attention', 'attention-extended', 'models', 'training'] as const;
export type CaseKind = (typeof CASE_KINDS)[number];

export type FoundCase =
  | { readonly kind: CaseKind; readonly id: string; readonly path: string }
  /** Unknown: skipped. Empty, a known kind without a case: failed. */
  | { readonly kind: 'unknown' | 'empty'; readonly id: string; readonly reason: string };

const EXTENSION = '.safetensors';
const UNKNOWN = 'this version cannot check this kind of case';

/**
 * Cases in the order of CASE_KINDS, then unknown ones; by name within each.
 * @throws CaseError where the folder can't be read
 */
export async function findCases(directory: string): Promise<FoundCase[]> {
  const folders = (await listEntries(directory)).filter((entry) => entry.isDirectory());
  const names = folders.map(({ name }) => name);
  const known = CASE_KINDS.filter((kind) => names.includes(kind));
  const unknown = names.filter((name) => !CASE_KINDS.some((kind) => kind === name));
  const found = [...known, ...unknown].map(async (name) => {
    const kind = CASE_KINDS.find((one) => one === name);
    const entries = await listEntries(join(directory, name));
    return findIn(kind ?? null, join(directory, name), entries);
  });
  return (await Promise.all(found)).flat();
}

/** Attention cases are files, the others folders. @param kind - null: unknown */
function findIn(kind: CaseKind | null, folder: string, entries: readonly Dirent[]): FoundCase[] {
  const cases = entries.map((entry): FoundCase => {
    const id = `${basename(folder)}/${basename(entry.name, EXTENSION)}`;
    const isFile = !entry.isDirectory() && entry.name.endsWith(EXTENSION);
    const isCase = kind?.startsWith('attention') ? isFile : entry.isDirectory();
    if (kind && isCase) return { kind, id, path: join(folder, entry.name) };
    const reason = kind ? 'not laid out as a case' : UNKNOWN;
    return { kind: 'unknown', id, reason };
  });
  if (kind ? cases.some((found) => found.kind === kind) : cases.length > 0) return cases;
  const id = basename(folder);
  if (!kind) return [{ kind: 'unknown', id, reason: UNKNOWN }];
  return [...cases, { kind: 'empty', id, reason: 'there is no case in this folder' }];
}

/** Sorted, without hidden files and READMEs. */
async function listEntries(directory: string): Promise<Dirent[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((cause) => {
    const expected = `verify: expected a folder of reference vectors at ${directory}`;
    throw new CaseError(`${expected}, but ${describeFileError(cause)}.`, { cause });
  });
  return entries
    .filter(({ name }) => !name.startsWith('.') && !name.endsWith('.md'))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
