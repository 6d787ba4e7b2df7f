// A report as tables of words and numbers: what Markdown and the page show.

import type { Measurement, Summary, Timing } from '../schema.ts';
import { kept, spread } from './format.ts';
import { type BenchReport, type CaseReport, OURS, type VariantReport } from './report.ts';

export interface RowTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A variant that was timed. */
interface Timed {
  readonly timing: Timing;
  readonly counts: NonNullable<VariantReport['counts']>;
  /** It is the only one of its case. */
  readonly isAlone: boolean;
}
/** Its title, and what stands in it. */
type Column = readonly [string, (of: Timed) => string];

const RUNS: Column = ['runs', ({ timing }) => String(timing.wallMs.runs)];
/** The star marks the larger share, which is the bound. */
const SHARES: readonly Column[] = [
  ['of peak', ({ timing: { shares } }) => formatShare(shares?.ofPeak, shares?.bound === 'compute')],
  [
    'of bandwidth',
    ({ timing: { shares } }) => formatShare(shares?.ofBandwidth, shares?.bound === 'memory'),
  ],
];
const KEPT: Column = ['blocks kept', ({ counts }) => kept(counts.prunedShare)];

const ABSOLUTE: readonly Column[] = [
  RUNS,
  ['GPU ms (p10-p90)', ({ timing: { gpuMs } }) => (gpuMs ? milliseconds(gpuMs) : '-')],
  ['wall ms (p10-p90)', ({ timing }) => formatWall(timing)],
  [
    'TFLOP/s',
    ({ timing: { rates }, counts }) => (counts.flops > 0 && rates ? rates.tflops.toFixed(2) : '-'),
  ],
  ...SHARES,
  ['speed-up', ({ timing, isAlone }) => (isAlone ? '-' : `${timing.speedup.median.toFixed(2)}×`)],
  KEPT,
];
const RATIOS: readonly Column[] = [
  RUNS,
  ['speed-up (p10-p90)', ({ timing, isAlone }) => (isAlone ? '-' : spread(timing.speedup, 2, '×'))],
  ...SHARES,
  ['GFLOP', ({ counts }) => (counts.flops / 1e9).toFixed(3)],
  ['launches', ({ counts }) => String(counts.dispatches)],
  ['peak MiB', ({ counts }) => (counts.peakBytes / 2 ** 20).toFixed(1)],
  KEPT,
];

const formatWall = ({ wallMs, streamMs }: Timing): string =>
  milliseconds(wallMs) + (streamMs === undefined ? '' : `, in a row ${streamMs.toFixed(2)}`);

/** Suites in their order, each with its cases' rows. */
export const suiteTables = ({ cases, timesAre }: BenchReport) =>
  [...new Set(cases.map(({ suite }) => suite))].map((suite) => {
    const own = cases.filter((benchCase) => benchCase.suite === suite);
    return { suite, table: variantTable(own, timesAre === 'absolute') };
  });

/** A row for each variant: case, variant, columns; one more where a variant counted more. */
export function variantTable(cases: readonly CaseReport[], isAbsolute: boolean): RowTable {
  const columns = isAbsolute ? ABSOLUTE : RATIOS;
  const rows = cases.flatMap(({ id, variants }) =>
    variants.map((one) => {
      const { name, timing, counts } = one;
      const timed = timing && counts && { timing, counts, isAlone: variants.length === 1 };
      const failed = (index: number): string => (index === 0 ? 'check failed' : '');
      const cells = columns.map(([, cell], index) => (timed ? cell(timed) : failed(index)));
      return [id, name, ...cells, formatNote(one, variants[0])];
    }),
  );
  const all = ['case', 'variant', ...columns.map(([title]) => title), 'also counted'];
  const end = rows.every((row) => row.at(-1) === '') ? -1 : undefined;
  return { columns: all.slice(0, end), rows: rows.map((row) => row.slice(0, end)) };
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

const formatShare = (share: number | undefined, isBound: boolean): string =>
  share === undefined ? '-' : `${(100 * share).toFixed(0)} %${isBound ? ' *' : ''}`;

/** `20`, or `20 / 12` where GPU time has fewer runs than wall time. */
const formatRuns = ({ wallMs, gpuMs }: Measurement): string =>
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
  { comparisons, cases }: BenchReport,
): { readonly ratio: number; readonly clock: 'GPU' | 'wall' } | null {
  if (row.timeOverOurs) return { ratio: row.timeOverOurs.median, clock: 'wall' };
  if (row.runner === OURS) return null;
  const variants = cases.find(({ id }) => id === row.case)?.variants;
  const timing = variants?.find(({ name }) => name === row.variant)?.timing;
  if (row.gpuMs && timing?.gpuMs) {
    return { ratio: row.gpuMs.median / timing.gpuMs.median, clock: 'GPU' };
  }
  const beside = comparisons.find(
    (other) => other.runner === OURS && other.case === row.case && other.variant === row.variant,
  );
  const ours = (beside ?? timing)?.wallMs;
  return ours ? { ratio: row.wallMs.median / ours.median, clock: 'wall' } : null;
}
