// Which cases a folder of reference vectors holds.

import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describeFileError } from '@vulpes/cli-kit';
import { CaseError } from './vectors.ts';

export const CASE_KINDS = ['attention', 'attention-extended', 'models', 'training'] as const;
export type CaseKind = (typeof CASE_KINDS)[number];

export type FoundCase =
  | { readonly kind: CaseKind; readonly id: string; readonly path: string }
  /** Unknown: skipped. Empty, a known kind without a case: failed. */
  | { readonly kind: 'unknown' | 'empty'; readonly id: string; readonly reason: string };

const EXTENSION = '.safetensors';

/**
 * Cases in the order of CASE_KINDS, then unknown ones; by name within each.
 * @throws CaseError where the folder can't be read
 */
export async function findCases(directory: string): Promise<FoundCase[]> {
  const folders = (await listEntries(directory)).filter((entry) => entry.isDirectory());
  const names = folders.map(({ name }) => name);
  const known = CASE_KINDS.filter((kind) => names.includes(kind));
  const unknown = names.filter((name) => !(CASE_KINDS as readonly string[]).includes(name));
  const found = [
    ...known.map((kind) => findKnown(kind, join(directory, kind))),
    ...unknown.map((name) => findUnknown(name, join(directory, name))),
  ];
  return (await Promise.all(found)).flat();
}

/** Attention cases are files, the others folders. */
async function findKnown(kind: CaseKind, folder: string): Promise<FoundCase[]> {
  const isCase = (entry: Dirent) =>
    kind.startsWith('attention')
      ? !entry.isDirectory() && entry.name.endsWith(EXTENSION)
      : entry.isDirectory();
  const cases = (await listEntries(folder)).map((entry): FoundCase => {
    if (isCase(entry)) {
      return { kind, id: `${kind}/${toCaseName(entry.name)}`, path: join(folder, entry.name) };
    }
    return { kind: 'unknown', id: `${kind}/${entry.name}`, reason: 'not laid out as a case' };
  });
  if (cases.some((found) => found.kind === kind)) return cases;
  return [...cases, { kind: 'empty', id: kind, reason: 'there is no case in this folder' }];
}

async function findUnknown(name: string, folder: string): Promise<FoundCase[]> {
  const reason = 'this version cannot check this kind of case';
  const ids = (await listEntries(folder)).map((entry) => `${name}/${toCaseName(entry.name)}`);
  return (ids.length > 0 ? ids : [name]).map((id) => ({ kind: 'unknown', id, reason }));
}

const toCaseName = (name: string): string =>
  name.endsWith(EXTENSION) ? name.slice(0, -EXTENSION.length) : name;

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
