// Where a report goes: the files that were asked for, or a folder of this run.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BenchReport, reportPage } from '@vulpes/bench';
import { makeRunFolder } from './option-values.ts';

export interface ReportFiles {
  readonly json: string | null;
  readonly html: string | null;
}

/** Writes the report as it grows, so that a run that is ended early leaves what it measured. */
export class ReportWriter {
  readonly #asked: ReportFiles;
  #files: ReportFiles | null = null;

  constructor({ json, html }: ReportFiles) {
    this.#asked = { json, html };
  }

  save(report: BenchReport): void {
    const { json } = this.#made();
    if (json) writeFileSync(json, `${JSON.stringify(report, null, 2)}\n`);
  }

  /** Writes the page, too. @returns lines that say what was written */
  async finish(report: BenchReport): Promise<string[]> {
    this.save(report);
    const { json, html } = this.#made();
    if (html) writeFileSync(html, await reportPage(report));
    return [json && `report: ${json}`, html && `page:   ${html}`].filter((line) => line !== null);
  }

  /** As asked; where nothing was asked, both, in a folder that is made when there is a report. */
  #made(): ReportFiles {
    this.#files ??= this.#asked.json || this.#asked.html ? this.#asked : filesInRunFolder();
    return this.#files;
  }
}

function filesInRunFolder(): ReportFiles {
  const folder = makeRunFolder(new Date());
  return { json: join(folder, 'report.json'), html: join(folder, 'report.html') };
}
