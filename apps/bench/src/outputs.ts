// Where a report goes: the files that were asked for, or a folder of this run.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BenchReport, reportPage } from '@vulpes/bench';
import { makeRunFolder } from './option-values.ts';

export interface ReportFiles {
  readonly json: string | null;
  readonly html: string | null;
}

/** As asked; where nothing was asked, both, in a folder that is made now. */
export function reportFiles({ json, html }: ReportFiles, now: Date): ReportFiles {
  if (json || html) return { json, html };
  const folder = makeRunFolder(now);
  return { json: join(folder, 'report.json'), html: join(folder, 'report.html') };
}

/** @returns lines that say what was written */
export async function writeReport(
  report: BenchReport,
  { json, html }: ReportFiles,
): Promise<string[]> {
  if (json) writeFileSync(json, `${JSON.stringify(report, null, 2)}\n`);
  if (html) writeFileSync(html, await reportPage(report));
  return [json && `report: ${json}`, html && `page:   ${html}`].filter((line) => line !== null);
}
