// The report for a terminal: one block a case, one line a variant; then the yardsticks and what was not measured.

import { peakWarning } from '../peaks/peak-warning.ts';
import { type Peaks, peakGbPerSecond, peakTflops, type Shares } from '../peaks/shares.ts';
import { alignColumns, kept, spread } from './format.ts';
import { missingLines } from './missing.ts';
import type { BenchReport, CaseReport, VariantReport } from './report.ts';
import { comparisonTable, noteOf } from './rows.ts';

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

export function formatCase({ id, variants }: CaseReport, isAbsolute: boolean): string {
  const header = isAbsolute
    ? [
        'variant',
        'check',
        'runs',
        'GPU ms (p10-p90)',
        'wall ms',
        'rate',
        'peak/bandwidth',
        'speedup',
        'launches',
        'blocks kept',
      ]
    : [
        'variant',
        'check',
        'runs',
        'speedup (p10-p90)',
        'peak/bandwidth',
        'GFLOP',
        'launches',
        'peak MiB',
        'blocks kept',
      ];
  const isAlone = variants.length === 1;
  const rows = variants.map((variant) =>
    isAbsolute ? absoluteRow(variant, isAlone) : ratioRow(variant, isAlone),
  );
  const table = withNotes([header, ...rows], variants);
  return [id, ...alignColumns(table).map((line) => `  ${line}`)].join('\n');
}

/** One column more where a variant counted something of its own. */
function withNotes(table: string[][], variants: readonly VariantReport[]): string[][] {
  const notes = variants.map((variant) => noteOf(variant, variants[0]));
  if (notes.every((note) => note === '')) return table;
  return table.map((row, line) => [...row, line === 0 ? 'also counted' : (notes[line - 1] ?? '')]);
}

function absoluteRow(variant: VariantReport, isAlone: boolean): string[] {
  const { name, timing, counts } = variant;
  if (!timing || !counts) return [name, check(variant)];
  return [
    name,
    check(variant),
    String(timing.wallMs.runs),
    timing.gpuMs ? spread(timing.gpuMs, 3) : 'no timestamps',
    timing.wallMs.median.toFixed(2),
    rate(timing.rates),
    shares(timing.shares),
    isAlone ? '-' : `${timing.speedup.median.toFixed(2)}x`,
    String(counts.dispatches),
    kept(counts.prunedShare),
  ];
}

function ratioRow(variant: VariantReport, isAlone: boolean): string[] {
  const { name, timing, counts } = variant;
  if (!timing || !counts) return [name, check(variant)];
  return [
    name,
    check(variant),
    String(timing.wallMs.runs),
    isAlone ? '-' : spread(timing.speedup, 2, 'x'),
    shares(timing.shares),
    (counts.flops / 1e9).toFixed(3),
    String(counts.dispatches),
    (counts.peakBytes / 2 ** 20).toFixed(2),
    kept(counts.prunedShare),
  ];
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

const rate = (rates: { tflops: number; gbPerSecond: number } | null): string =>
  rates ? `${rates.tflops.toFixed(2)} TFLOP/s ${rates.gbPerSecond.toFixed(0)} GB/s` : '-';

/** `31 % / 4 %`: of the measured peak, of the measured bandwidth. */
const shares = (of: Shares | null): string =>
  of ? `${percent(of.ofPeak)} / ${percent(of.ofBandwidth)}` : '-';

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
