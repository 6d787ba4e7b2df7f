// Two commits against each other: ratios of runs that took turns. Pure.

import { ArgumentError } from '@vulpes/tensor-core';
import { alignColumns, spread } from './format.ts';
import { type Summary, summarize } from './statistics.ts';

/** Median time of each case and variant in one child's report. */
export type CaseTimes = ReadonlyMap<string, number>;

export interface Regression {
  /** Case and variant. */
  readonly name: string;
  /** Time of head / time of base in each round; 1.1 = ten percent slower. */
  readonly ratio: Summary;
}

interface SomeReport {
  readonly cases: readonly {
    readonly id: string;
    readonly variants: readonly {
      readonly name: string;
      readonly timing: {
        readonly wallMs: { readonly median: number };
        readonly gpuMs: { readonly median: number } | null;
      } | null;
    }[];
  }[];
}

/** Times of a report of this or an earlier version: by GPU time where there is one. */
export function caseTimes(report: SomeReport): CaseTimes {
  const times = new Map<string, number>();
  for (const { id, variants } of report.cases) {
    for (const { name, timing } of variants) {
      if (timing) times.set(`${id} ${name}`, (timing.gpuMs ?? timing.wallMs).median);
    }
  }
  return times;
}

/**
 * Pairs the rounds of both sides.
 * @returns a row a case that both have, in head's order, and the names that only one side has.
 * @throws ArgumentError where they have no case in common.
 */
export function pairRounds(
  base: readonly CaseTimes[],
  head: readonly CaseTimes[],
): { rows: Regression[]; onlyBase: string[]; onlyHead: string[] } {
  const inAll = (rounds: readonly CaseTimes[]): string[] =>
    [...(rounds[0]?.keys() ?? [])].filter((name) => rounds.every((round) => round.has(name)));
  const [ofBase, ofHead] = [inAll(base), inAll(head)];
  const rows = ofHead
    .filter((name) => ofBase.includes(name))
    .map((name) => {
      const ratios = head.map((round, index) => {
        const before = base[index]?.get(name) as number;
        return (round.get(name) as number) / before;
      });
      return { name, ratio: summarize(ratios) };
    });
  if (rows.length === 0) {
    throw new ArgumentError(
      'bench --base: the base has none of the cases that ran here, so there is nothing to compare. Choose other suites, or a later base.',
    );
  }
  return {
    rows,
    onlyBase: ofBase.filter((name) => !ofHead.includes(name)),
    onlyHead: ofHead.filter((name) => !ofBase.includes(name)),
  };
}

export function formatRegressions(rows: readonly Regression[]): string {
  const header = ['case', 'time / base (p10-p90)', 'rounds'];
  const lines = rows.map(({ name, ratio }) => [name, spread(ratio, 3), String(ratio.runs)]);
  return alignColumns([header, ...lines]).join('\n');
}
