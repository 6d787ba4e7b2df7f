// Which cases a folder of reference vectors holds, by kind; what we cannot check is found as well, to be named.

import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CaseError } from './case-error.ts';

export const CASE_KINDS = ['attention', 'attention-extended', 'models', 'training'] as const;
export type CaseKind = (typeof CASE_KINDS)[number];

export type FoundCase =
  | { readonly kind: CaseKind; readonly id: string; readonly path: string }
  /** Named and counted, not checked. */
  | { readonly kind: 'unknown'; readonly id: string; readonly reason: string }
  /** A known kind without a single case in it. */
  | { readonly kind: 'empty'; readonly id: string; readonly reason: string };

/** Attention cases are files; the others are folders. */
const CASE_IS_FILE: Readonly<Record<CaseKind, boolean>> = {
  attention: true,
  'attention-extended': true,
  models: false,
  training: false,
};

const EXTENSION = '.safetensors';

/**
 * Cases in the order of CASE_KINDS, then unknown ones; by name within each.
 * @throws CaseError where the folder is missing or cannot be read.
 */
export async function findCases(directory: string): Promise<FoundCase[]> {
  const folders = (await entriesOf(directory)).filter((entry) => entry.isDirectory());
  const known = CASE_KINDS.filter((kind) => folders.some(({ name }) => name === kind));
  const unknown = folders.filter(({ name }) => !(CASE_KINDS as readonly string[]).includes(name));
  const found = [
    ...known.map((kind) => casesOf(kind, join(directory, kind))),
    ...unknown.map(({ name }) => unknownCases(name, join(directory, name))),
  ];
  return (await Promise.all(found)).flat();
}

async function casesOf(kind: CaseKind, folder: string): Promise<FoundCase[]> {
  const entries = await entriesOf(folder);
  const cases = entries.map((entry): FoundCase => {
    const isCase = CASE_IS_FILE[kind] ? isVectorFile(entry) : entry.isDirectory();
    const id = `${kind}/${caseName(entry.name)}`;
    if (isCase) return { kind, id, path: join(folder, entry.name) };
    return { kind: 'unknown', id: `${kind}/${entry.name}`, reason: 'not laid out as a case' };
  });
  if (cases.some((found) => found.kind === kind)) return cases;
  return [...cases, { kind: 'empty', id: kind, reason: 'there is no case in this folder' }];
}

async function unknownCases(name: string, folder: string): Promise<FoundCase[]> {
  const entries = await entriesOf(folder);
  const reason = 'this version cannot check this kind of case';
  if (entries.length === 0) return [{ kind: 'unknown', id: name, reason }];
  return entries.map((entry) => ({
    kind: 'unknown',
    id: `${name}/${caseName(entry.name)}`,
    reason,
  }));
}

const isVectorFile = (entry: Dirent): boolean =>
  !entry.isDirectory() && entry.name.endsWith(EXTENSION);

const caseName = (name: string): string =>
  name.endsWith(EXTENSION) ? name.slice(0, -EXTENSION.length) : name;

/** Hidden files and texts for readers are no cases. */
async function entriesOf(directory: string): Promise<Dirent[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(
    (cause: NodeJS.ErrnoException) => {
      const what = { ENOENT: 'there is no such folder', ENOTDIR: 'it is a file' }[cause.code ?? ''];
      throw new CaseError(
        `verify: expected a folder of reference vectors at ${directory}, but ${what ?? cause.message}`,
        { cause },
      );
    },
  );
  return entries
    .filter(({ name }) => !name.startsWith('.') && !name.endsWith('.md'))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
