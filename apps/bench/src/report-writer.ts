// Writes a report as it grows, so that a stopped run leaves what it measured.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type BenchReport, reportPage } from '@vulpes/bench';

export interface Written {
  /** Name the files that were written. */
  readonly lines: readonly string[];
  /** Name those that could not be written, and why. */
  readonly errors: readonly string[];
}

/** The page of a report stands beside it: `X.json`, `X.html`. */
export const toPage = (json: string): string => json.replace(/(\.json)?$/, '.html');

export class ReportWriter {
  readonly #json: string;
  #isSaved = false;

  /** @param json - default: in a new folder, `runs/bench/2026-11-25T02-38-12-345Z` */
  constructor(json?: string) {
    const time = new Date().toISOString().replace(/[:.]/g, '-');
    this.#json = json ?? join(process.cwd(), 'runs', 'bench', time, 'report.json');
  }

  /** In a sentence: what a stopped run leaves. */
  describeState(): string {
    return this.#isSaved ? `The report so far: ${this.#json}` : 'No report was written.';
  }

  /** An error does not end the run: `finish` tries again, and returns it. */
  save(report: BenchReport): string | null {
    const error = tryToWrite(this.#json, `${JSON.stringify(report, null, 2)}\n`);
    this.#isSaved ||= error === null;
    return error;
  }

  /** Writes the page, too, unless a check failed. */
  async finish(report: BenchReport): Promise<Written> {
    const html = toPage(this.#json);
    const written: [string, string | null][] = [[`report: ${this.#json}`, this.save(report)]];
    if (report.failedChecks.length === 0)
      written.push([`page:   ${html}`, tryToWrite(html, await reportPage(report))]);
    return {
      lines: written.flatMap(([line, error]) => (error === null ? [line] : [])),
      errors: written.flatMap(([, error]) => error ?? []),
    };
  }
}

/** Makes the folder, too. @returns null where the file is written, else why not, in a sentence */
function tryToWrite(file: string, text: string): string | null {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return null;
  } catch (error) {
    return `bench: expected to write ${file}, got ${(error as Error).message}. The results are printed above. Free some space and run again, or name another file with --json.`;
  }
}
