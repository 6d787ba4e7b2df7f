// A report as tables of words and numbers: what Markdown and the page show.

import type { Measurement, Shares, Summary } from '../schema.ts';
import { kept, spread } from './format.ts';
import { type BenchReport, type CaseReport, OURS, type VariantReport } from './report.ts';

export interface RowTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const ABSOLUTE = [
  'variant',
  'runs',
  'GPU ms (p10-p90)',
  'wall ms (p10-p90)',
  'TFLOP/s',
  'of peak',
  'of bandwidth',
  'speed-up',
  'blocks kept',
];
const RATIOS = [
  'variant',
  'runs',
  'speed-up (p10-p90)',
  'of peak',
  'of bandwidth',
  'GFLOP',
  'launches',
  'peak MiB',
  'blocks kept',
];

/** Suites in their order, each with its cases' rows. */
export function suiteTables(report: BenchReport): { suite: string; table: RowTable }[] {
  const isAbsolute = report.timesAre === 'absolute';
  const names = [...new Set(report.cases.map(({ suite }) => suite))];
  return names.map((suite) => {
    const cases = report.cases.filter((benchCase) => benchCase.suite === suite);
    const { columns, rows } = variantTable(cases, isAbsolute);
    const ids = cases.flatMap(({ id, variants }) => variants.map(() => id));
    return {
      suite,
      table: {
        columns: ['case', ...columns],
        rows: rows.map((row, index) => [ids[index] as string, ...row]),
      },
    };
  });
}

/** A row for each variant; one more column where a variant counted more. */
export function variantTable(cases: readonly CaseReport[], isAbsolute: boolean): RowTable {
  const columns = isAbsolute ? ABSOLUTE : RATIOS;
  const cells = isAbsolute ? absoluteCells : ratioCells;
  const rows = cases.flatMap(({ variants }) =>
    variants.map((one) => [one.name, ...cells(one, variants.length === 1)]),
  );
  const notes = cases.flatMap(({ variants }) =>
    variants.map((one) => formatNote(one, variants[0])),
  );
  if (notes.every((note) => note === '')) return { columns, rows };
  return {
    columns: [...columns, 'also counted'],
    rows: rows.map((row, index) => [...row, notes[index] as string]),
  };
}

/** Bytes of a cache; what a pruning rule dropped and kept, against the first rule. */
function formatNote({ counts }: VariantReport, first: VariantReport | undefined): string {
  const { cache, droppedMass, keptBlocks } = counts ?? {};
  const kibibytes = (bytes: number): string => (bytes / 1024).toFixed(0);
  const ofFirst = (keptBlocks ?? 0) / (first?.counts?.keptBlocks ?? 0);
  return [
    cache && `cache ${kibibytes(cache.keptBytes)} of ${kibibytes(cache.fullBytes)} KiB`,
    droppedMass !== undefined && `dropped ${droppedMass.toExponential(1)} at most`,
    droppedMass !== undefined &&
      ofFirst < 1 &&
      `${ofFirst.toFixed(3)} of the blocks of ${first?.name}`,
  ]
    .filter(Boolean)
    .join('; ');
}

const failed = (columns: readonly string[]): string[] =>
  columns.slice(1).map((_, index) => (index === 0 ? 'check failed' : ''));

function absoluteCells({ timing, counts }: VariantReport, isAlone: boolean): string[] {
  if (!timing || !counts) return failed(ABSOLUTE);
  return [
    String(timing.wallMs.runs),
    timing.gpuMs ? milliseconds(timing.gpuMs) : '-',
    milliseconds(timing.wallMs),
    counts.flops > 0 && timing.rates ? timing.rates.tflops.toFixed(2) : '-',
    ...shareCells(timing.shares),
    isAlone ? '-' : `${timing.speedup.median.toFixed(2)}×`,
    kept(counts.prunedShare),
  ];
}

function ratioCells({ timing, counts }: VariantReport, isAlone: boolean): string[] {
  if (!timing || !counts) return failed(RATIOS);
  return [
    String(timing.wallMs.runs),
    isAlone ? '-' : spread(timing.speedup, 2, '×'),
    ...shareCells(timing.shares),
    (counts.flops / 1e9).toFixed(3),
    String(counts.dispatches),
    (counts.peakBytes / 2 ** 20).toFixed(1),
    kept(counts.prunedShare),
  ];
}

/** The star marks the larger, which is its bound. */
function shareCells(shares: Shares | null): [string, string] {
  if (!shares) return ['-', '-'];
  const cell = (share: number, isBound: boolean): string =>
    `${(100 * share).toFixed(0)} %${isBound ? ' *' : ''}`;
  return [
    cell(shares.ofPeak, shares.bound === 'compute'),
    cell(shares.ofBandwidth, shares.bound === 'memory'),
  ];
}

/** `20`, or `20 / 12` where GPU time has fewer runs than wall time. */
const formatRuns = ({ wallMs, gpuMs }: Pick<Measurement, 'wallMs' | 'gpuMs'>): string =>
  gpuMs && gpuMs.runs !== wallMs.runs ? `${wallMs.runs} / ${gpuMs.runs}` : String(wallMs.runs);

const milliseconds = (summary: Summary): string => spread(summary, summary.median < 10 ? 3 : 1);

/** Other runners beside ours of the same case; null without any. */
export function comparisonTable(report: BenchReport): RowTable | null {
  if (report.comparisons.length === 0) return null;
  return {
    columns: ['case', 'variant', 'runner', 'runs', 'wall ms', 'GPU ms', 'its time / ours', 'note'],
    rows: report.comparisons.map((row) => [
      row.case,
      row.variant,
      row.runner,
      formatRuns(row),
      report.timesAre === 'absolute' ? milliseconds(row.wallMs) : '-',
      report.timesAre === 'absolute' && row.gpuMs ? milliseconds(row.gpuMs) : '-',
      formatRatio(row, report),
      row.note ?? '',
    ]),
  };
}

function formatRatio(row: Measurement, report: BenchReport): string {
  const against = timeOverOurs(row, report);
  if (!against) return '-';
  const { ratio, clock } = against;
  return `${row.timeOverOurs ? spread(row.timeOverOurs, 2, '×') : `${ratio.toFixed(2)}×`} ${clock}`;
}

/** Its time / ours: from turns where both took them, else GPU time where both have it, else wall time; null for our own row, and where we have no time. */
export function timeOverOurs(
  row: Measurement,
  report: BenchReport,
): { readonly ratio: number; readonly clock: 'GPU' | 'wall' } | null {
  if (row.timeOverOurs) return { ratio: row.timeOverOurs.median, clock: 'wall' };
  const ours = row.runner === OURS ? null : ourTimes(row, report);
  if (!ours) return null;
  if (row.gpuMs && ours.gpuMs) {
    return { ratio: row.gpuMs.median / ours.gpuMs.median, clock: 'GPU' };
  }
  return { ratio: row.wallMs.median / ours.wallMs.median, clock: 'wall' };
}

/** For a runner with GPU time ours of the suite's case, which has it; else our row beside it, else the case. */
function ourTimes(
  row: Measurement,
  { comparisons, cases }: BenchReport,
): { readonly wallMs: Summary; readonly gpuMs: Summary | null } | null {
  const beside = comparisons.find(
    (other) => other.runner === OURS && other.case === row.case && other.variant === row.variant,
  );
  const variants = cases.find(({ id }) => id === row.case)?.variants;
  const timing = variants?.find(({ name }) => name === row.variant)?.timing ?? null;
  return row.gpuMs && timing?.gpuMs ? timing : (beside ?? timing);
}
