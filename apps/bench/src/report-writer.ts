// Writes a report as it grows, so that a stopped run leaves what it measured.

import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BenchReport, reportPage } from '@vulpes/bench';
import { UsageError } from '@vulpes/cli-kit';
import type { ReportFiles } from './files.ts';

export interface Written {
  /** Name the files that were written. */
  readonly lines: readonly string[];
  /** Name those that could not be written, and why. */
  readonly errors: readonly string[];
}

export class ReportWriter {
  readonly #files: ReportFiles;
  /** That this run made; null where files were named. */
  readonly #folder: string | null;
  #isSaved = false;

  /**
   * @param files - null: in a new folder, `runs/bench/2026-11-25T02-38-12`
   * @throws UsageError where that folder cannot be made
   */
  constructor(files: ReportFiles | null) {
    this.#folder = files === null ? makeRunFolder() : null;
    const folder = this.#folder ?? '';
    this.#files = files ?? {
      json: join(folder, 'report.json'),
      html: join(folder, 'report.html'),
    };
  }

  /** In a sentence: what a stopped run leaves. */
  describeState(): string {
    return this.#isSaved ? `The report so far: ${this.#files.json}` : 'No report was written.';
  }

  /** An error does not end the run: `finish` tries again, and returns it. */
  save(report: BenchReport): string | null {
    const error = tryToWrite(this.#files.json, `${JSON.stringify(report, null, 2)}\n`);
    this.#isSaved ||= error === null;
    return error;
  }

  /** Removes the folder of this run if nothing was written. */
  removeEmptyFolder(): void {
    if (this.#folder === null || this.#isSaved) return;
    try {
      rmdirSync(this.#folder);
    } catch {} // something is in it: it stays
  }

  /** Writes the page, too, unless a check failed. */
  async finish(report: BenchReport): Promise<Written> {
    const { json, html } = this.#files;
    const written: [string, string | null][] = [[`report: ${json}`, this.save(report)]];
    if (report.failedChecks.length === 0)
      written.push([`page:   ${html}`, tryToWrite(html, await reportPage(report))]);
    return {
      lines: written.flatMap(([line, error]) => (error === null ? [line] : [])),
      errors: written.flatMap(([, error]) => error ?? []),
    };
  }
}

/** @returns null where the file is written, else why not, in a sentence */
function tryToWrite(file: string, text: string): string | null {
  try {
    writeFileSync(file, text);
    return null;
  } catch (error) {
    return `bench: expected to write ${file}, got ${(error as Error).message}. The results are printed above. Free some space and run again, or name another file.`;
  }
}

/** Runs that start in the same second get `…-2`, `…-3`. */
function makeRunFolder(): string {
  const parent = join(process.cwd(), 'runs', 'bench');
  const name = new Date().toISOString().slice(0, 19).replaceAll(':', '-');
  try {
    makeFolder(join(process.cwd(), 'runs'));
    makeFolder(parent);
    for (let number = 1; ; number++) {
      const folder = join(parent, number === 1 ? name : `${name}-${number}`);
      if (makeFolder(folder)) return folder;
    }
  } catch (cause) {
    throw new UsageError(
      `bench: expected to make a folder in ${parent} for the report, got ${(cause as Error).message}. Name files with --json and --html, or run it in a folder that can be written.`,
      { cause },
    );
  }
}

/** Not `recursive`, which does not end where a folder takes no others, as in /proc. @returns whether it is new */
function makeFolder(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
