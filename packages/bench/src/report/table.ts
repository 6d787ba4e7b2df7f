// The report for a terminal: one block a case, one line a variant; then the yardsticks and what was not measured.

import { peakWarning } from '../peaks/peak-warning.ts';
import { type Peaks, peakGbPerSecond, peakTflops } from '../peaks/shares.ts';
import { alignColumns } from './format.ts';
import { missingLines } from './missing.ts';
import type { BenchReport, CaseReport, VariantReport } from './report.ts';
import { comparisonTable, variantTable } from './rows.ts';

/** What stands below the cases: peaks, yardsticks, what is missing, what the times are good for. */
export const formatEnd = (report: BenchReport): string[] =>
  [
    report.peaks && report.timesAre === 'absolute' ? formatPeaks(report.peaks) : '',
    peakWarning(report),
    formatComparisons(report),
    formatNotMeasured(report),
    report.note,
  ].filter((block) => block !== '');

export const formatPeaks = (peaks: Peaks): string =>
  `measured peaks: ${peakTflops(peaks).toFixed(1)} TFLOP/s multiply-adds in registers${launchOf(peaks)}, ${peakGbPerSecond(peaks).toFixed(0)} GB/s copy`;

const launchOf = ({ compute: { launch } }: Peaks): string =>
  launch ? ` (${launch.threads} threads, ${launch.chains} chains each)` : '';

/** Its id, then the table of the docs, with what the gate measured; a refused variant has that alone. */
export function formatCase(benchCase: CaseReport, isAbsolute: boolean): string {
  const { columns, rows } = variantTable([benchCase], isAbsolute);
  const withCheck = ([variant = '', ...cells]: readonly string[], said: string) => [
    variant,
    said,
    ...cells,
  ];
  const lines = benchCase.variants.map((variant, index) =>
    withCheck(variant.timing ? (rows[index] ?? []) : [variant.name], check(variant)),
  );
  const aligned = alignColumns([withCheck(columns, 'check'), ...lines]);
  return [benchCase.id, ...aligned.map((line) => `  ${line}`)].join('\n');
}

/** Rows of other runners. Empty without any. */
function formatComparisons(report: BenchReport): string {
  const table = comparisonTable(report);
  if (!table) return '';
  const lines = alignColumns([table.columns, ...table.rows]).map((line) => `  ${line}`);
  return ['yardsticks', ...lines].join('\n');
}

function formatNotMeasured(report: BenchReport): string {
  const lines = missingLines(report).map((line) => `  ${line}`);
  return lines.length > 0 ? ['not measured:', ...lines].join('\n') : '';
}

/** `ok 3.1e-7`, with the largest error; or the outputs that are off. */
function check({ gate }: VariantReport): string {
  if (gate.isOk) {
    const largest = Math.max(...gate.checks.map((output) => output.rmsErrorRatio ?? 0));
    return largest === 0 ? 'ok exact' : `ok ${largest.toExponential(1)}`;
  }
  const wrong = gate.checks.filter((output) => !output.isOk);
  if (wrong.length === 0) return 'REFUSED: nothing was checked';
  const errors = wrong.map(
    ({ output, rmsErrorRatio, bound }) =>
      `${output} ${rmsErrorRatio?.toExponential(1) ?? 'not comparable'} > ${bound}`,
  );
  return `REFUSED: ${errors.join(', ')}`;
}
