// Warm-up, then rounds in which every variant runs once by each clock.

import type { Device } from '@vulpes/tensor-core';
import type { Contender } from '../report/variant-report.ts';
import { isLong, type RunSettings, roundsFor } from './rounds.ts';
import { kernelTimes, wallMs } from './timer.ts';
import { leadRuns, warmUp } from './warm-up.ts';

/** What a case does at the moment. */
export type Phase = 'check' | 'warm up' | 'time';
/** Told as a phase goes on: steps finished, of how many. */
export type OnPhase = (phase: Phase, done: number, of: number) => void;

/** @returns ms of a run of the slowest variant, warm */
export async function timeContenders(
  device: Device,
  contenders: readonly Contender[],
  settings: RunSettings,
  onPhase: OnPhase,
): Promise<number> {
  onPhase('warm up', 0, 1);
  const works = contenders.map(
    ({ workload }) =>
      () =>
        workload.run(),
  );
  const runsMs = await warmUp(device, works, settings.warmSeconds);
  const slowestMs = Math.max(0, ...runsMs);
  const rounds = roundsFor(settings, slowestMs);
  const { isSoftware, features } = device.caps;
  const isTimedOnce = isLong(settings, slowestMs) && features.timestampQuery && !isSoftware;
  for (let round = 0; round < rounds; round++) {
    onPhase('time', round, rounds);
    for (const [index, contender] of contenders.entries()) {
      if (isTimedOnce) await timeByBoth(device, contender);
      // A software adapter's timestamps say no more than the wall clock; one run tells how the time splits.
      else if (isSoftware) await timeInTurn(device, contender, round === 0 ? 0 : null);
      else await timeInTurn(device, contender, leadRuns(runsMs[index] as number));
    }
  }
  return slowestMs;
}

/** One run by both clocks: beside a long one, what timestamps cost the wall clock is nothing. */
async function timeByBoth(device: Device, { workload, wall, profiles }: Contender): Promise<void> {
  const start = performance.now();
  const kernels = await kernelTimes(device, () => workload.run());
  wall.push(performance.now() - start);
  if (kernels) profiles.push(kernels);
}

/** One run by the wall clock, then one under timestamps, behind `lead` untimed ones; null = by the wall clock only. */
async function timeInTurn(
  device: Device,
  { workload, wall, profiles }: Contender,
  lead: number | null,
): Promise<void> {
  wall.push(await wallMs(device, () => workload.run()));
  if (lead === null) return;
  const kernels = await kernelTimes(device, () => workload.run(), lead);
  if (kernels) profiles.push(kernels);
}
