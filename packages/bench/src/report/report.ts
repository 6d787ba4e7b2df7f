// Builds a report: everything that is needed to believe a number, as JSON.

import { type BenchReport, REPORT_SCHEMA } from '../schema.ts';
import { listFailedChecks } from './failed-checks.ts';

export type * from '../schema.ts';

/** Our own name among the runners. */
export const OURS = 'vulpes';

const NOTES = {
  absolute:
    'Times are of this adapter. gpuMs is the sum of GPU timestamps, wallMs the wall clock around record, submit and wait. Shares are of the peaks that this run measured.',
  ratios:
    'A software adapter ran the kernels on the CPU: counts and errors hold anywhere, speed-ups and shares compare work within this report, times say nothing about a GPU.',
} as const;

type ReportContent = Omit<
  BenchReport,
  'schema' | 'createdAt' | 'timesAre' | 'note' | 'failedChecks'
>;

/** With the time of now. */
export function buildReport(content: ReportContent): BenchReport {
  const timesAre = content.machine.isSoftware ? 'ratios' : 'absolute';
  return {
    schema: REPORT_SCHEMA,
    createdAt: new Date().toISOString(),
    timesAre,
    note: NOTES[timesAre],
    failedChecks: listFailedChecks(content.cases),
    ...content,
  };
}
