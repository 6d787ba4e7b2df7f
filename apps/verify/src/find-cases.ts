// Which cases a folder of reference vectors holds.

import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describeFileError } from '@vulpes/cli-kit';
import { CaseError } from './vectors.ts';

export const CASE_KINDS = ['attention', 'attention-extended', 'models', 'training'] as const;
export type CaseKind = (typeof CASE_KINDS)[number];

export interface FoundCase {
  readonly kind: CaseKind;
  readonly id: string;
  readonly path: string;
}

const EXTENSION = '.safetensors';

/**
 * Cases in the order of CASE_KINDS, by name within each; what else is there is passed over.
 * @throws CaseError where a folder can't be read, or that of a kind holds no case
 */
export async function findCases(directory: string): Promise<FoundCase[]> {
  const names = (await listEntries(directory)).map(({ name }) => name);
  const kinds = CASE_KINDS.filter((kind) => names.includes(kind));
  return (await Promise.all(kinds.map((kind) => findIn(directory, kind)))).flat();
}

/** Attention cases are files, the others folders. */
async function findIn(directory: string, kind: CaseKind): Promise<FoundCase[]> {
  const folder = join(directory, kind);
  const isCase = (entry: Dirent): boolean =>
    kind.startsWith('attention') ? entry.name.endsWith(EXTENSION) : entry.isDirectory();
  const cases = (await listEntries(folder)).filter(isCase).map(({ name }) => ({
    ...{ kind, id: `${kind}/${basename(name, EXTENSION)}`, path: join(folder, name) },
  }));
  if (cases.length > 0) return cases;
  throw new CaseError(`verify: expected a case in ${folder}, found none. Remove or fill it.`);
}

/** Sorted, without hidden files. */
async function listEntries(directory: string): Promise<Dirent[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((cause) => {
    const expected = `verify: expected a folder of reference vectors at ${directory}`;
    throw new CaseError(`${expected}, but ${describeFileError(cause)}.`, { cause });
  });
  return entries
    .filter(({ name }) => !name.startsWith('.'))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
