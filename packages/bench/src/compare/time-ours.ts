// Our side of a comparison, timed as tools/comparisons/shared.mjs times a library; and the ratio of both.

import type { Device } from '@vulpes/tensor-core';
import type { Summary } from '../schema.ts';
import { roundsFor } from '../timing/rounds.ts';
import { summarize } from '../timing/statistics.ts';
import { wallMs } from '../timing/timer.ts';

const LONG_RUN_MS = 500;

/** Milliseconds of each run, after untimed runs for at least `warmMs`; fewer than `runs` where one run takes over half a second. */
export async function timeOurs(
  device: Device,
  run: () => unknown,
  { runs, warmMs }: { readonly runs: number; readonly warmMs: number },
): Promise<number[]> {
  const start = performance.now();
  let runMs = await wallMs(device, run);
  while (performance.now() - start < warmMs) runMs = await wallMs(device, run);
  const rounds = roundsFor({ runs, warmSeconds: warmMs / 1000, longRunMs: LONG_RUN_MS }, runMs);
  const samples: number[] = [];
  while (samples.length < rounds) samples.push(await wallMs(device, run));
  return samples;
}

/** Their time over ours, of each of their runs with each of ours: the spread of both is in it. */
export const compareTimes = (theirs: readonly number[], ours: readonly number[]): Summary => ({
  ...summarize(theirs.flatMap((ms) => ours.map((own) => ms / own))),
  runs: Math.min(theirs.length, ours.length),
});
