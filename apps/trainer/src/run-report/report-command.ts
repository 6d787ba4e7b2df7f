// `report`: the page of a run, which may be at work: it only reads run.json and metrics.jsonl.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { explain, type Output, UsageError } from '@vulpes/cli-kit';
import { RUN_FILE, readMetrics, readRunFile } from '@vulpes/training';
import type { ReportOptions } from '../options.ts';
import { splitRunPath } from '../run-folder.ts';
import { syncedFiles } from '../synced-files.ts';
import { runPage } from './run-page.ts';

/** @throws UsageError CheckpointError, and where the page can't be written */
export async function reportRun(
  path: string,
  options: ReportOptions,
  output: Output,
): Promise<void> {
  const { folder } = splitRunPath(path);
  const run = await readRunFile(syncedFiles, folder);
  if (run === null)
    throw new UsageError(`report: ${folder} is no run of the trainer (it has no ${RUN_FILE}).`);
  const { metrics } = await readMetrics(syncedFiles, folder);
  const page = runPage(folder, run, metrics);
  if (page === null)
    throw new UsageError(`report: ${folder} has made no step yet; come back after its first.`);
  const out = options.out ?? join(folder, 'report.html');
  await explain('write', out, writeFile(out, page));
  output.write(`Report  ${out}\n`);
}
