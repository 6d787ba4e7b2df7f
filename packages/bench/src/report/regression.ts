// Two commits against each other: ratios of runs that took turns. Pure.

import { ArgumentError, type DeviceCaps } from '@vulpes/tensor-core';
import { type Summary, summarize } from '../clocks/statistics.ts';
import { alignColumns, spread } from './format.ts';

/** Of a case and variant in one run of a side. */
export interface CaseTime {
  readonly case: string;
  readonly variant: string;
  /** Median. */
  readonly wallMs: number;
  /** The fastest run by the wall clock. */
  readonly fastestMs: number;
  /** Median; null where the run had no GPU timestamps. */
  readonly gpuMs: number | null;
}

/**
 * Medians of GPU timestamps, where every run of both sides has them, else of the wall clock.
 * On a software adapter the fastest run by the wall clock: whatever else the CPU does only adds to a run, and medians follow it.
 */
export type Clock = 'gpu' | 'wall' | 'fastest';

export interface Regression {
  readonly case: string;
  readonly variant: string;
  readonly clock: Clock;
  /** Time of head / time of base in each round; 1.1 = ten percent slower. */
  readonly ratio: Summary;
  /** By that clock, a number a round. */
  readonly baseMs: readonly number[];
  readonly headMs: readonly number[];
}

export interface PairedRounds {
  /** A row a case and variant that every run of both sides has, in head's order. */
  readonly rows: readonly Regression[];
  readonly onlyBase: readonly string[];
  readonly onlyHead: readonly string[];
  /** Some runs of a side have it, and others don't: a time budget left it out. */
  readonly notInEveryRound: readonly string[];
}

interface SomeReport {
  readonly cases: readonly {
    readonly id: string;
    readonly variants: readonly {
      readonly name: string;
      readonly timing: {
        readonly wallMs: { readonly median: number; readonly min: number };
        readonly gpuMs: { readonly median: number } | null;
      } | null;
    }[];
  }[];
}

/** Times of a report of this or an earlier version; refused variants have none. */
export const caseTimes = ({ cases }: SomeReport): CaseTime[] =>
  cases.flatMap(({ id, variants }) =>
    variants.flatMap(({ name: variant, timing }) => {
      if (!timing) return [];
      const { wallMs, gpuMs } = timing;
      const ofWall = { wallMs: wallMs.median, fastestMs: wallMs.min };
      return [{ case: id, variant, ...ofWall, gpuMs: gpuMs?.median ?? null }];
    }),
  );

const nameOf = (of: Pick<CaseTime, 'case' | 'variant'>): string => `${of.case} ${of.variant}`;

/**
 * Pairs the rounds of both sides: the n-th run of head with the n-th of base.
 * @throws ArgumentError where they have no case in common.
 */
export function pairRounds(
  base: readonly (readonly CaseTime[])[],
  head: readonly (readonly CaseTime[])[],
  { isSoftware }: Pick<DeviceCaps, 'isSoftware'>,
): PairedRounds {
  const [ofBase, ofHead] = [byName(base), byName(head)];
  const isIn = (side: Rounds, name: string, rounds: number): boolean =>
    side.get(name)?.length === rounds;
  const names = [...new Set([...ofHead.keys(), ...ofBase.keys()])];
  const both = names.filter(
    (name) => isIn(ofHead, name, head.length) && isIn(ofBase, name, base.length),
  );
  if (both.length === 0) {
    throw new ArgumentError(
      'bench --base: the base has none of the cases that ran here, so there is nothing to compare. Choose other suites, or a later base.',
    );
  }
  const others = names.filter((name) => !both.includes(name));
  const isOnly = (side: Rounds, other: Rounds, rounds: number) => (name: string) =>
    isIn(side, name, rounds) && !other.has(name);
  const onlyBase = others.filter(isOnly(ofBase, ofHead, base.length));
  const onlyHead = others.filter(isOnly(ofHead, ofBase, head.length));
  return {
    rows: both.map((name) =>
      compare(ofBase.get(name) as CaseTime[], ofHead.get(name) as CaseTime[], isSoftware),
    ),
    onlyBase,
    onlyHead,
    notInEveryRound: others.filter((name) => !onlyBase.includes(name) && !onlyHead.includes(name)),
  };
}

/** Each name's times, in the order of the rounds that have it. */
type Rounds = ReadonlyMap<string, readonly CaseTime[]>;

function byName(rounds: readonly (readonly CaseTime[])[]): Rounds {
  const times = new Map<string, CaseTime[]>();
  for (const time of rounds.flat()) {
    const name = nameOf(time);
    times.set(name, [...(times.get(name) ?? []), time]);
  }
  return times;
}

function compare(
  base: readonly CaseTime[],
  head: readonly CaseTime[],
  isSoftware: boolean,
): Regression {
  const hasGpu = [...base, ...head].every(({ gpuMs }) => gpuMs !== null);
  const clock = isSoftware ? 'fastest' : hasGpu ? 'gpu' : 'wall';
  const [baseMs, headMs] = [base, head].map((times) => times.map((time) => msOf(time, clock))) as [
    number[],
    number[],
  ];
  const { case: id, variant } = head[0] as CaseTime;
  const ratio = summarize(headMs.map((ms, round) => ms / (baseMs[round] as number)));
  return { case: id, variant, clock, ratio, baseMs, headMs };
}

function msOf({ gpuMs, wallMs, fastestMs }: CaseTime, clock: Clock): number {
  if (clock === 'fastest') return fastestMs;
  return clock === 'gpu' ? (gpuMs as number) : wallMs;
}

/** Rows whose median ratio is above a limit, and that took longer in nine of ten rounds. */
export const slowerThan = (rows: readonly Regression[], limit: number): Regression[] =>
  rows.filter(({ ratio }) => ratio.median > limit && ratio.p10 > 1);

/** Above the limit by the median, but not even surely slower. */
const tooNoisy = (rows: readonly Regression[], limit: number): Regression[] =>
  rows.filter(({ ratio }) => ratio.median > limit && ratio.p10 <= 1);

/** The rows, what could not be paired, and with a limit the verdict. Lines without colours. */
export function formatRegressions(paired: PairedRounds, limit: number | null): string {
  const header = ['case', 'head / base (p10-p90)', 'clock', 'rounds'];
  const lines = paired.rows.map((row) => [
    nameOf(row),
    spread(row.ratio, 3),
    row.clock,
    String(row.ratio.runs),
  ]);
  return [
    ...alignColumns([header, ...lines]),
    ...paired.onlyBase.map((name) => `only in base: ${name}`),
    ...paired.onlyHead.map((name) => `only in head: ${name}`),
    ...paired.notInEveryRound.map((name) => `not in every round: ${name}`),
    ...(limit === null ? [] : verdict(paired.rows, limit)),
  ].join('\n');
}

function verdict(rows: readonly Regression[], limit: number): string[] {
  const [slower, noisy] = [slowerThan(rows, limit), tooNoisy(rows, limit)];
  const namesOf = (some: readonly Regression[]): string => some.map(nameOf).join('; ');
  if (slower.length + noisy.length === 0)
    return [`No case took more than ${limit} times the base.`];
  const count = `${slower.length} of ${rows.length} took more than ${limit} times the base`;
  return [
    ...(slower.length > 0 ? [`${count}: ${namesOf(slower)}.`] : []),
    ...(noisy.length > 0
      ? [`too noisy to tell: ${namesOf(noisy)}. Free the machine, or ask for more --rounds.`]
      : []),
  ];
}
