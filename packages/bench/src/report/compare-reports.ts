// Two stored reports against each other: ratios of their times, case by case. Pure.

import { ArgumentError } from '@vulpes/tensor-core';
import type { Summary } from '../schema.ts';
import { alignColumns } from './format.ts';
import type { BenchReport, Timing } from './report.ts';

/**
 * Median GPU time where both reports have it, else median wall time.
 * On a software adapter the fastest run by wall time: other work on the CPU only adds to a run.
 */
export type ComparedTime = 'GPU' | 'wall' | 'fastest';

export interface ComparedRow {
  /** Case and variant. */
  readonly name: string;
  readonly time: ComparedTime;
  /** Time in B / time in A; 1.1 = B takes ten percent longer. */
  readonly ratio: number;
  /** p10 of B over p90 of A, and p90 of B over p10 of A; of fastest runs: between minimum and median. */
  readonly low: number;
  readonly high: number;
}

export interface ReportComparison {
  /** Case and variant pairs that both reports timed, in the order of B. */
  readonly rows: readonly ComparedRow[];
  readonly onlyInA: readonly string[];
  readonly onlyInB: readonly string[];
}

/** @throws ArgumentError where the reports are of different machines, or have no case and variant in common */
export function compareReports(a: BenchReport, b: BenchReport): ReportComparison {
  assertSameMachine(a, b);
  const [ofA, ofB] = [timings(a), timings(b)];
  const rows = [...ofB].flatMap(([name, timing]) => {
    const other = ofA.get(name);
    return other ? [compareTimings(name, other, timing, b.machine.isSoftware)] : [];
  });
  if (rows.length === 0) {
    throw new ArgumentError(
      'bench compare: expected reports with a case and variant in common, got none. Run both with the same --suite and --case.',
    );
  }
  return {
    rows,
    onlyInA: [...ofA.keys()].filter((name) => !ofB.has(name)),
    onlyInB: [...ofB.keys()].filter((name) => !ofA.has(name)),
  };
}

function assertSameMachine(a: BenchReport, b: BenchReport): void {
  const [one, other] = [describeMachine(a), describeMachine(b)];
  if (one === other) return;
  throw new ArgumentError(
    `bench compare: expected two reports of the same machine, got ${one}, and ${other}. Times of different machines say nothing about a change; measure both on one machine.`,
  );
}

function describeMachine({ machine: { adapter, host } }: BenchReport): string {
  const { vendor, device, description, architecture } = adapter;
  const words = [vendor, device, description, architecture].filter(Boolean);
  return `${words.join(' ')} with ${host.cpu ?? 'an unknown CPU'}, ${host.cores} cores`;
}

/** By case and variant; failed checks have no times. */
const timings = ({ cases }: BenchReport): Map<string, Timing> =>
  new Map(
    cases.flatMap(({ id, variants }) =>
      variants.flatMap(({ name, timing }) => (timing ? [[`${id} ${name}`, timing] as const] : [])),
    ),
  );

function compareTimings(name: string, a: Timing, b: Timing, isSoftware: boolean): ComparedRow {
  if (isSoftware) return { name, time: 'fastest', ...fastestRatio(a.wallMs, b.wallMs) };
  if (a.gpuMs && b.gpuMs) return { name, time: 'GPU', ...medianRatio(a.gpuMs, b.gpuMs) };
  return { name, time: 'wall', ...medianRatio(a.wallMs, b.wallMs) };
}

type Ratio = Pick<ComparedRow, 'ratio' | 'low' | 'high'>;

const medianRatio = (a: Summary, b: Summary): Ratio => ({
  ratio: b.median / a.median,
  low: b.p10 / a.p90,
  high: b.p90 / a.p10,
});

const fastestRatio = (a: Summary, b: Summary): Ratio => ({
  ratio: b.min / a.min,
  low: b.min / a.median,
  high: b.median / a.min,
});

/** Rows above a limit whose whole range is above 1. */
export const findSlower = (rows: readonly ComparedRow[], limit: number): ComparedRow[] =>
  rows.filter(({ ratio, low }) => ratio > limit && low > 1);

/** A line for each row, what only one report has, and with a limit the result. */
export function formatComparison(compared: ReportComparison, limit: number | null): string {
  const lines = compared.rows.map(({ name, ratio, low, high, time }) => [
    name,
    `${ratio.toFixed(3)} (${low.toFixed(3)}-${high.toFixed(3)})`,
    time,
  ]);
  return [
    ...alignColumns([['case', 'time of B / A (range)', 'time'], ...lines]),
    ...compared.onlyInA.map((name) => `only in A: ${name}`),
    ...compared.onlyInB.map((name) => `only in B: ${name}`),
    ...(limit === null ? [] : formatResult(compared.rows, limit)),
  ].join('\n');
}

function formatResult(rows: readonly ComparedRow[], limit: number): string[] {
  const slower = findSlower(rows, limit);
  const unclear = rows.filter((row) => row.ratio > limit && !slower.includes(row));
  const names = (some: readonly ComparedRow[]): string => some.map(({ name }) => name).join('; ');
  if (slower.length + unclear.length === 0) return [`No case took more than ${limit} times A.`];
  return [
    slower.length > 0
      ? `${slower.length} of ${rows.length} took more than ${limit} times A: ${names(slower)}.`
      : '',
    unclear.length > 0
      ? `Not clear, the range includes 1: ${names(unclear)}. Measure again with more --runs on a quiet machine.`
      : '',
  ].filter((line) => line !== '');
}
