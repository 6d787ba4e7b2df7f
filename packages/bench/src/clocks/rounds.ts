// How many timed runs a case gets, and how long it will take. Pure.

import type { DeviceCaps } from '@vulpes/tensor-core';
import type { BenchCase } from '../case.ts';
import { type Peaks, peakTflops } from '../peaks/shares.ts';

/** How often a case is timed, and how warm it is. */
export interface RunSettings {
  /** Timed runs of each variant. */
  readonly runs: number;
  /** Seconds of work before the first timed run. */
  readonly warmSeconds: number;
  /** A case whose slowest variant takes more ms a run than this has fewer runs. */
  readonly longRunMs: number;
}

const MIN_RUNS = 5;

/** Whether runs are so long that a case gets fewer, each timed by both clocks at once. */
export const isLong = ({ longRunMs }: RunSettings, runMs: number): boolean => runMs > longRunMs;

/** As many as asked; where one run is long, as many as fit in the time of `runs` runs of `longRunMs`, at least 5. */
export function roundsFor(settings: RunSettings, runMs: number): number {
  const { runs, longRunMs } = settings;
  if (!isLong(settings, runMs)) return runs;
  return Math.min(runs, Math.max(MIN_RUNS, Math.floor((runs * longRunMs) / runMs)));
}

/** What a finished case took. */
export interface Spent {
  readonly suite: string;
  readonly op: string;
  readonly mode: string;
  /** Of a run with nothing pruned. */
  readonly flops: number;
  /** Of the slowest variant. */
  readonly runMs: number;
  /** For everything but warm-up and runs: checks, inputs, compiling. */
  readonly overheadMs: number;
}

type Work = Pick<BenchCase, 'suite' | 'op' | 'mode' | 'flops' | 'countFlops' | 'variants'>;

/** Runs of a variant that no clock watches: check, warm-up, counts, footprint. */
const UNTIMED_RUNS = 4;
/** Share of the arithmetic peak, until a case of this kind has shown its own. An adapter on the CPU spends most of its time beside the arithmetic. */
const FIRST_SHARE = { hardware: 0.2, software: 0.03 } as const;
const FIRST_OVERHEAD_MS = 2000;

/** FLOPs a millisecond that a first case may reach. */
export const firstGuess = (peaks: Peaks, { isSoftware }: Pick<DeviceCaps, 'isSoftware'>): number =>
  FIRST_SHARE[isSoftware ? 'software' : 'hardware'] * 1e9 * peakTflops(peaks);

/**
 * Milliseconds that a case will take, from those that ran: the speed of the largest of its kind,
 * what a case of its suite takes beside its runs, and what its counts take.
 * @param guessFlopsPerMs of a first case of a kind; null = unknown: then it is taken to be quick
 */
export function predictMs(
  { suite, op, mode, flops = 0, countFlops = 0, variants }: Work,
  spent: readonly Spent[],
  settings: RunSettings & { readonly clocks: number; readonly guessFlopsPerMs: number | null },
): number {
  const sameSuite = spent.filter((other) => other.suite === suite && other.flops > 0);
  const sameKind = sameSuite.filter((other) => other.op === op && other.mode === mode);
  const like = largest(sameKind) ?? largest(sameSuite);
  const guess = settings.guessFlopsPerMs;
  const flopsPerMs = like ? like.flops / like.runMs : guess;
  const runMs = flopsPerMs === null ? 0 : flops / flopsPerMs;
  const countMs = guess === null ? 0 : (variants.length * countFlops) / guess;
  return overheadMs(spent, suite) + countMs + timedMs(runMs, variants.length, settings);
}

const largest = (spent: readonly Spent[]): Spent | undefined =>
  [...spent].sort((a, b) => b.flops - a.flops)[0];

function timedMs(
  runMs: number,
  variants: number,
  settings: RunSettings & { readonly clocks: number },
): number {
  const clocks = isLong(settings, runMs) ? 1 : settings.clocks;
  const runs = roundsFor(settings, runMs) * clocks + UNTIMED_RUNS;
  return variants * runs * runMs + 1000 * settings.warmSeconds;
}

/** The longest of this suite so far. */
function overheadMs(spent: readonly Spent[], suite: string): number {
  const same = spent.filter((other) => other.suite === suite);
  return same.length ? Math.max(...same.map((other) => other.overheadMs)) : FIRST_OVERHEAD_MS;
}
