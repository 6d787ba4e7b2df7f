// The two files of a run: the report and its page.

import { ArgumentError } from '@vulpes/tensor-core';
import { InvalidArgumentError } from 'commander';
import { writablePath } from './option-values.ts';

/** Absolute paths: both, or none. */
export interface ReportFiles {
  readonly json: string | null;
  readonly html: string | null;
}

/**
 * Where one is named, the other goes beside it: `X.json`, `X.html`.
 * @throws ArgumentError where that one cannot be written
 */
export function filesBeside({ json, html }: ReportFiles): ReportFiles {
  if (json !== null && html === null) return { json, html: beside(json, '.json', '.html') };
  if (html !== null && json === null) return { json: beside(html, '.html', '.json'), html };
  return { json, html };
}

function beside(file: string, own: string, other: string): string {
  const path = `${file.endsWith(own) ? file.slice(0, -own.length) : file}${other}`;
  try {
    return writablePath(path);
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    const option = other.replace('.', '--');
    throw new ArgumentError(
      `bench: expected to write ${path} beside ${file}. ${error.message} Name another file with ${option}.`,
      { cause: error },
    );
  }
}
