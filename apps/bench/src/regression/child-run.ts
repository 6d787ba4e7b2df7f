// One side's benchmark in a process of its own, which writes its report to a file.

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type BenchReport,
  type CaseTime,
  caseTimes,
  formatRefusals,
  refusalsOf,
  withKind,
} from '@vulpes/bench';
import { ArgumentError } from '@vulpes/tensor-core';
import { errorLine } from '../error-line.ts';
import type { BenchArguments } from '../options.ts';
import { runProcess } from './run-process.ts';
import { childArguments } from './side-options.ts';

export interface Side {
  readonly name: 'base' | 'head';
  /** Its benchmark's entry file. */
  readonly main: string;
  /** Its --help: an older commit has fewer options. */
  readonly help: string;
}

export interface SideRun {
  readonly times: readonly CaseTime[];
  readonly machine: BenchReport['machine'];
}

/** @throws ArgumentError where the child ends without a report, or its report is refused or has a failed case */
export async function runSide(
  side: Side,
  given: BenchArguments,
  stop: AbortSignal,
): Promise<SideRun> {
  const folder = mkdtempSync(join(tmpdir(), 'vulpes-round-'));
  try {
    const file = join(folder, 'report.json');
    const args = [side.main, ...childArguments(side.help, given, file)];
    const ended = await runProcess(process.execPath, args, { cwd: folder, stop });
    if (existsSync(file)) return sideRun(JSON.parse(readFileSync(file, 'utf8')), side);
    throw new ArgumentError(
      `bench --base: the benchmark of ${side.name} ended with ${ended.code} and no report: ${errorLine(`${ended.stdout}\n${ended.stderr}`)}`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Of a report of this or an earlier version. */
export function sideRun(
  report: Pick<BenchReport, 'cases' | 'machine'> & Partial<BenchReport>,
  { name }: Pick<Side, 'name'>,
): SideRun {
  const refused = refusalsOf(report.cases);
  if (refused.length > 0) {
    throw new ArgumentError(
      `bench --base: the report of ${name} is refused, so there is nothing to compare: ${formatRefusals(refused)}.`,
    );
  }
  const failed = report.notMeasured?.map(withKind).find(({ kind }) => kind === 'failed');
  if (failed) {
    throw new ArgumentError(
      `bench --base: ${failed.case} of ${name} failed: ${failed.why} Mend it, or leave it out with --suite or --case.`,
    );
  }
  return { times: caseTimes(report), machine: report.machine };
}
