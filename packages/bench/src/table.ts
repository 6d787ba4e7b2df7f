// The report for a terminal: one block a case, one line a variant.

import type { BenchReport, CaseReport, VariantReport } from './report.ts';
import type { Summary } from './statistics.ts';

/** Lines without colours. */
export function formatReport(report: BenchReport): string {
  const isAbsolute = report.timesAre === 'absolute';
  const blocks = report.cases.map((benchCase) => formatCase(benchCase, isAbsolute));
  return [...blocks, report.note].join('\n\n');
}

export function formatCase({ id, variants }: CaseReport, isAbsolute: boolean): string {
  const header = isAbsolute
    ? [
        'variant',
        'check',
        'GPU ms (p10-p90)',
        'wall ms',
        'rate',
        'speedup',
        'launches',
        'blocks kept',
      ]
    : ['variant', 'check', 'speedup (p10-p90)', 'GFLOP', 'launches', 'peak MiB', 'blocks kept'];
  const isAlone = variants.length === 1;
  const rows = variants.map((variant) =>
    isAbsolute ? absoluteRow(variant, isAlone) : ratioRow(variant, isAlone),
  );
  return [id, ...alignColumns([header, ...rows]).map((line) => `  ${line}`)].join('\n');
}

function absoluteRow(variant: VariantReport, isAlone: boolean): string[] {
  const { name, timing, counts } = variant;
  if (!timing || !counts) return [name, check(variant)];
  return [
    name,
    check(variant),
    timing.gpuMs ? spread(timing.gpuMs, 3) : 'no timestamps',
    timing.wallMs.median.toFixed(2),
    rate(timing.rates),
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
    isAlone ? '-' : spread(timing.speedup, 2, 'x'),
    (counts.flops / 1e9).toFixed(3),
    String(counts.dispatches),
    (counts.peakBytes / 2 ** 20).toFixed(2),
    kept(counts.prunedShare),
  ];
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

const spread = ({ median, p10, p90 }: Summary, digits: number, unit = ''): string =>
  `${median.toFixed(digits)}${unit} (${p10.toFixed(digits)}-${p90.toFixed(digits)})`;

const rate = (rates: { tflops: number; gbPerSecond: number } | null): string =>
  rates ? `${rates.tflops.toFixed(2)} TFLOP/s ${rates.gbPerSecond.toFixed(0)} GB/s` : '-';

const kept = (prunedShare: number | null): string =>
  prunedShare === null ? '-' : `${(100 * (1 - prunedShare)).toFixed(1)} %`;

/** Pads every column but a line's last to its widest cell. A line with a refusal may run over. */
function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const full = rows.filter((row) => row.length === rows[0]?.length);
  const widths = rows[0]?.map((_, column) =>
    Math.max(...full.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === row.length - 1 ? cell : cell.padEnd(widths?.[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
}
