// Two stored reports of one machine: ratios of their times, case by case. Pure.

import { ArgumentError } from '@vulpes/tensor-core';
import type { Timing } from '../schema.ts';
import { alignColumns } from './format.ts';
import { adapterName } from './machine.ts';
import type { BenchReport } from './report.ts';

/**
 * @returns lines: time in B / time in A of each case and variant that both timed, and what only one has
 * @throws ArgumentError where the reports are of different machines
 */
export function compareReports(a: BenchReport, b: BenchReport): string {
  const [one, other] = [describeMachine(a), describeMachine(b)];
  if (one !== other) {
    throw new ArgumentError(
      `bench compare: expected two reports of the same machine, got ${one}, and ${other}. Times of different machines say nothing about a change; measure both on one machine.`,
    );
  }
  const [ofA, ofB] = [timings(a), timings(b)];
  const names = [...new Set([...ofB.keys(), ...ofA.keys()])];
  const rows = names.map((name) => [name, ...compareTimings(ofA.get(name), ofB.get(name))]);
  return alignColumns([['case', 'time of B / A (range)', 'time'], ...rows]).join('\n');
}

const describeMachine = ({ machine: { adapter, host } }: BenchReport): string =>
  `${adapterName({ adapter })} with ${host.cpu ?? 'an unknown CPU'}, ${host.cores} cores`;

/** By case and variant; failed checks have no times. */
const timings = ({ cases }: BenchReport): Map<string, Timing> =>
  new Map(
    cases.flatMap(({ id, variants }) =>
      variants.flatMap(({ name, timing }) => (timing ? [[`${id} ${name}`, timing] as const] : [])),
    ),
  );

/** Medians of GPU time where both have it, else of wall time; p10 of B over p90 of A, to p90 of B over p10 of A. */
function compareTimings(a: Timing | undefined, b: Timing | undefined): string[] {
  if (!a || !b) return [a ? 'only in A' : 'only in B', ''];
  const isOnGpu = a.gpuMs !== null && b.gpuMs !== null;
  const [before, after] = [a, b].map((of) => (isOnGpu && of.gpuMs) || of.wallMs) as [
    Timing['wallMs'],
    Timing['wallMs'],
  ];
  const [ratio, low, high] = [
    after.median / before.median,
    after.p10 / before.p90,
    after.p90 / before.p10,
  ].map((value) => value.toFixed(3));
  return [`${ratio} (${low}-${high})`, isOnGpu ? 'GPU' : 'wall'];
}
