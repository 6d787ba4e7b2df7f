// Where a report goes: the files that were asked for, or a folder of this run.

import { mkdirSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type BenchReport, reportPage } from '@vulpes/bench';
import { ArgumentError } from '@vulpes/tensor-core';
import type { ReportFiles } from './report-files.ts';

export interface Written {
  /** Say what was written. */
  readonly lines: readonly string[];
  /** Say what could not be written, and why. */
  readonly complaints: readonly string[];
}

/** Writes the report as it grows, so that a run that is ended early leaves what it measured. */
export class ReportWriter {
  readonly #files: ReportFiles;
  /** That this run made; null where files were named. */
  readonly #folder: string | null;
  #saved: string | null = null;

  /**
   * @param asked - where both are null, a folder is made for both: `runs/bench/2026-11-25T02-38-12`
   * @throws ArgumentError where that folder cannot be made
   */
  constructor(asked: ReportFiles) {
    const isNamed = asked.json !== null || asked.html !== null;
    this.#folder = isNamed ? null : makeRunFolder(new Date(), process.cwd());
    this.#files = this.#folder === null ? asked : filesIn(this.#folder);
  }

  /** The JSON file as far as it has been written; null = there is none. */
  get saved(): string | null {
    return this.#saved;
  }

  /** A file that cannot be written now costs no measurement: `finish` tries again, and complains. */
  save(report: BenchReport): void {
    this.#saveJson(report);
  }

  /** Where nothing was written, the folder of this run goes, too. */
  removeEmptyFolder(): void {
    if (this.#folder === null || this.#saved !== null) return;
    try {
      rmdirSync(this.#folder);
    } catch {} // something is in it: it stays
  }

  /** Writes the page, too, unless the report is refused. */
  async finish(report: BenchReport): Promise<Written> {
    const { html } = this.#files;
    const jsonComplaint = this.#saveJson(report);
    const isPage = html !== null && report.refused.length === 0;
    const page = isPage ? await reportPage(report) : '';
    const pageComplaint = isPage ? writeComplaint(html, page) : null;
    return {
      lines: [
        this.#saved && jsonComplaint === null && `report: ${this.#saved}`,
        isPage && pageComplaint === null && `page:   ${html}`,
      ].filter((line) => typeof line === 'string'),
      complaints: [jsonComplaint, pageComplaint].filter((line) => line !== null),
    };
  }

  #saveJson(report: BenchReport): string | null {
    const { json } = this.#files;
    if (json === null) return null;
    const complaint = writeComplaint(json, `${JSON.stringify(report, null, 2)}\n`);
    if (complaint === null) this.#saved = json;
    return complaint;
  }
}

/** Writes a file. @returns null where it is written, else why not, in a sentence */
export function writeComplaint(file: string, text: string): string | null {
  try {
    writeFileSync(file, text);
    return null;
  } catch (error) {
    return `bench: expected to write ${file}, got ${(error as Error).message}. What was measured stands above; make room and run it again, or name another file.`;
  }
}

const filesIn = (folder: string): ReportFiles => ({
  json: join(folder, 'report.json'),
  html: join(folder, 'report.html'),
});

/** `runs/bench/2026-11-25T02-38-12`; runs that start in the same second get `…-2`, `…-3`. */
function makeRunFolder(now: Date, cwd: string): string {
  const name = now.toISOString().slice(0, 19).replaceAll(':', '-');
  const folder = join(cwd, 'runs', 'bench', name);
  try {
    // Not `recursive`: where a folder takes no others, as in /proc, Node would try for ever.
    for (const parent of [dirname(dirname(folder)), dirname(folder)]) {
      if (!makeFolder(parent) && !statSync(parent).isDirectory()) {
        throw new Error(`EEXIST: ${parent} is a file`);
      }
    }
    let own = folder;
    for (let number = 2; !makeFolder(own); number++) own = `${folder}-${number}`;
    return own;
  } catch (error) {
    throw new ArgumentError(
      `bench: expected to make the folder ${folder} for the report, got ${(error as Error).message}. Name files with --json and --html, or run it in a folder that can be written.`,
      { cause: error },
    );
  }
}

/** @returns whether it is new: of processes that make it at once, only one is told so */
function makeFolder(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
