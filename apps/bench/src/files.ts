// Paths of the files that a command reads and writes.

import { existsSync, realpathSync } from 'node:fs';
import { parseWritablePath, UsageError } from '@vulpes/cli-kit';

/** Absolute paths. */
export interface ReportFiles {
  readonly json: string;
  readonly html: string;
}

/**
 * Where one is named, the other goes beside it: `X.json`, `X.html`. Null where none is.
 * @throws UsageError where that one cannot be written, or both are one file
 */
export function completeFiles({ json, html }: Partial<ReportFiles>): ReportFiles | null {
  const named = json ?? html;
  if (named === undefined) return null;
  const files = {
    json: json ?? replaceEnding(named, '.html', '.json'),
    html: html ?? replaceEnding(named, '.json', '.html'),
  };
  assertOtherFile('bench', files.json, files.html);
  return files;
}

function replaceEnding(file: string, own: string, other: string): string {
  const path = `${file.endsWith(own) ? file.slice(0, -own.length) : file}${other}`;
  try {
    return parseWritablePath(path);
  } catch (cause) {
    throw new UsageError(
      `bench: expected to write ${path} beside ${file}. ${(cause as Error).message} Name another file with ${other.replace('.', '--')}.`,
      { cause },
    );
  }
}

/** A command must not write over the file that it reads. @throws UsageError where both are one file */
export function assertOtherFile(command: string, file: string, other: string): void {
  const [one, two] = [file, other].map((path) => (existsSync(path) ? realpathSync(path) : path));
  if (one !== two) return;
  throw new UsageError(
    `${command}: expected two files, got ${file} for both. One would overwrite the other: name another file.`,
  );
}
