// What `--base` writes to the file of --json.

import type { BenchReport, PairedRounds } from '@vulpes/bench';
import type { BaseArguments } from '../options.ts';

export const COMPARISON_SCHEMA = 'vulpes-bench-comparison/2';

export interface Comparison extends PairedRounds {
  readonly schema: typeof COMPARISON_SCHEMA;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly note: string;
  readonly base: { readonly ref: string; readonly commit: string };
  /** `isDirty`: files differed from that commit. */
  readonly head: { readonly commit: string | null; readonly isDirty: boolean | null };
  readonly settings: {
    readonly suites: readonly string[];
    readonly rounds: number;
    readonly failAbove: number | null;
  };
  /** As head's benchmark saw it. */
  readonly machine: BenchReport['machine'];
}

interface Sides {
  readonly base: BaseArguments & { readonly commit: string };
  readonly suites: readonly string[];
  readonly machine: BenchReport['machine'];
}

export const buildComparison = (
  paired: PairedRounds,
  { base: { ref, commit, rounds, failAbove }, suites, machine }: Sides,
  createdAt: Date,
): Comparison => ({
  schema: COMPARISON_SCHEMA,
  createdAt: createdAt.toISOString(),
  note: 'ratio = time of head / time of base, of two runs that followed each other (their medians; on a software adapter their fastest runs, clock "fastest"); 1.1 = head takes ten percent longer. baseMs and headMs have a time a round.',
  base: { ref, commit },
  head: { commit: machine.host.commit, isDirty: machine.host.isDirty },
  settings: { suites, rounds, failAbove },
  machine,
  ...paired,
});

/** `head 0123456789 with changed files against main (abcdef0123): time of head / time of base` */
export function headLine({ base, head }: Pick<Comparison, 'base' | 'head'>): string {
  const own = head.commit?.slice(0, 10) ?? 'of an unknown commit';
  const changed = head.isDirty ? ' with changed files' : '';
  return `head ${own}${changed} against ${base.ref} (${base.commit.slice(0, 10)}): time of head / time of base`;
}
