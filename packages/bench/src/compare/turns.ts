// Ours and another runner in turns: the ratio of their times is taken within a round, so that drift hits both alike. Pure.

import type { Summary } from '../schema.ts';
import { roundsFor } from '../timing/rounds.ts';
import { summarize } from '../timing/statistics.ts';

/** A few runs in a row. */
export interface Turn {
  readonly runs: number;
  /** Untimed work before them, in milliseconds. */
  readonly warmMs: number;
}

/** Someone who takes turns. @returns milliseconds of each run, by the wall clock */
export type Runner = (turn: Turn) => Promise<readonly number[]>;

export interface TurnSettings {
  /** Timed runs of each runner. */
  readonly runs: number;
  /** Work before the first timed run, the same for both. */
  readonly warmMs: number;
}

export interface InTurns {
  /** Milliseconds of each timed run. */
  readonly ours: readonly number[];
  readonly theirs: readonly number[];
  /** Their time / ours, of each round's medians. */
  readonly ratio: Summary;
}

const MAX_ROUNDS = 10;
/** A runner with longer runs than this gets as many as fit in the time of `runs` such runs. */
const LONG_RUN_MS = 500;
/** What a turn of short runs begins with: caches and the GPU's context were the other's. */
const SETTLE_MS = 20;

export interface Plan {
  readonly rounds: number;
  /** Of one round. */
  readonly ours: Turn;
  readonly theirs: Turn;
}

/** As many rounds as the slower runner has runs, at most 10; each runs at least as often as it should. */
export function planTurns(
  { runs, warmMs }: TurnSettings,
  { oursMs, theirsMs }: { readonly oursMs: number; readonly theirsMs: number },
): Plan {
  const settings = { runs, warmSeconds: warmMs / 1000, longRunMs: LONG_RUN_MS };
  const [ours, theirs] = [roundsFor(settings, oursMs), roundsFor(settings, theirsMs)];
  const rounds = Math.min(MAX_ROUNDS, ours, theirs);
  const turn = (wanted: number, runMs: number): Turn => ({
    runs: Math.ceil(wanted / rounds),
    warmMs: runMs < SETTLE_MS ? SETTLE_MS : 0,
  });
  return { rounds, ours: turn(ours, oursMs), theirs: turn(theirs, theirsMs) };
}

/** Warms both up alike (the faster of two runs then tells how many there will be), then lets them take turns; who begins a round changes, as drift within it would favour one. */
export async function takeTurns(
  ours: Runner,
  theirs: Runner,
  settings: TurnSettings,
): Promise<InTurns> {
  const warmUp = { runs: 2, warmMs: settings.warmMs };
  const oursMs = Math.min(...(await ours(warmUp)));
  const theirsMs = Math.min(...(await theirs(warmUp)));
  const plan = planTurns(settings, { oursMs, theirsMs });
  const rounds: { ours: readonly number[]; theirs: readonly number[] }[] = [];
  for (let round = 0; round < plan.rounds; round++) {
    const oursFirst = round % 2 === 0 ? await ours(plan.ours) : null;
    const theirTimes = await theirs(plan.theirs);
    rounds.push({ ours: oursFirst ?? (await ours(plan.ours)), theirs: theirTimes });
  }
  return {
    ours: rounds.flatMap((round) => round.ours),
    theirs: rounds.flatMap((round) => round.theirs),
    ratio: summarize(rounds.map((round) => median(round.theirs) / median(round.ours))),
  };
}

const median = (samples: readonly number[]): number => summarize(samples).median;
