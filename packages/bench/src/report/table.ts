// The report for a terminal: one block a case, one line a variant; then the baselines and what was not measured.

import { peakGbPerSecond, peakTflops } from '../peaks/shares.ts';
import type { Peaks } from '../schema.ts';
import { formatFailedCheck } from './failed-checks.ts';
import { alignColumns } from './format.ts';
import { listNotMeasured } from './not-measured.ts';
import type { BenchReport, CaseReport, VariantReport } from './report.ts';
import { comparisonTable, variantTable } from './rows.ts';

/** What stands below the cases: peaks, baselines, what was not measured, what the times mean. */
export const formatEnd = (report: BenchReport): string[] =>
  [
    report.peaks && report.timesAre === 'absolute' ? formatPeaks(report.peaks) : '',
    formatComparisons(report),
    formatNotMeasured(report),
    report.note,
  ].filter((block) => block !== '');

export const formatPeaks = (peaks: Peaks): string =>
  `measured peaks: ${peakTflops(peaks).toFixed(1)} TFLOP/s multiply-adds in registers${formatLaunch(peaks)}, ${peakGbPerSecond(peaks).toFixed(0)} GB/s copy`;

const formatLaunch = ({ compute: { launch } }: Peaks): string =>
  launch ? ` (${launch.threads} threads, ${launch.chains} chains each)` : '';

/** Its id, then the table of the docs with a column for the check; a variant that failed it has that alone. */
export function formatCase(benchCase: CaseReport, isAbsolute: boolean): string {
  const { columns, rows } = variantTable([benchCase], isAbsolute);
  const withCheck = ([, variant = '', ...cells]: readonly string[], check: string) => [
    variant,
    check,
    ...cells,
  ];
  const lines = benchCase.variants.map((variant, index) =>
    withCheck(rows[index] ?? [], formatCheck(variant)).slice(0, variant.timing ? undefined : 2),
  );
  const aligned = alignColumns([withCheck(columns, 'check'), ...lines]);
  return [benchCase.id, ...aligned.map((line) => `  ${line}`)].join('\n');
}

/** Rows of other runners. Empty without any. */
function formatComparisons(report: BenchReport): string {
  const table = comparisonTable(report);
  if (!table) return '';
  const lines = alignColumns([table.columns, ...table.rows]).map((line) => `  ${line}`);
  return ['baselines', ...lines].join('\n');
}

function formatNotMeasured(report: BenchReport): string {
  const lines = listNotMeasured(report).map((line) => `  ${line}`);
  return lines.length > 0 ? ['not measured:', ...lines].join('\n') : '';
}

/** `ok 3.1e-7`, with the largest error; or the wrong outputs. */
function formatCheck({ check }: VariantReport): string {
  if (check.isOk) {
    const largest = Math.max(...check.outputs.map((output) => output.rmsErrorRatio ?? 0));
    return largest === 0 ? 'ok exact' : `ok ${largest.toExponential(1)}`;
  }
  return `FAILED: ${formatFailedCheck(check)}`;
}
