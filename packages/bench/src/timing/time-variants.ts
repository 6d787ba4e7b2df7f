// Warm-up, then rounds in which every variant runs once for wall time and once for GPU time.

import type { Device, KernelTime } from '@vulpes/tensor-core';
import type { Variant, Workload } from '../case.ts';
import type { CheckReport } from '../schema.ts';
import { isLong, type RunSettings, roundsFor } from './rounds.ts';
import { kernelTimes, streamMs, wallMs } from './timer.ts';
import { leadRuns, warmUp } from './warm-up.ts';

/** A variant that passed its check, with its times. */
export interface TimedVariant {
  readonly variant: Variant;
  readonly check: CheckReport;
  readonly workload: Workload;
  /** ms of each run. */
  readonly wall: number[];
  /** GPU time of each kernel, of each run. */
  readonly profiles: (readonly KernelTime[])[];
  /** ms of a run in a row of them; null where it was not taken. */
  streamMs: number | null;
}

/** What a case does at the moment. */
export type Phase = 'check' | 'warm up' | 'time';
/** Called as a phase goes on: steps finished, of how many. */
export type OnPhase = (phase: Phase, done: number, of: number) => void;

export async function timeVariants(
  device: Device,
  variants: readonly TimedVariant[],
  settings: RunSettings,
  onPhase: OnPhase,
): Promise<void> {
  onPhase('warm up', 0, 1);
  const works = variants.map(
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
    for (const [index, timed] of variants.entries()) {
      if (isTimedOnce) await timeBoth(device, timed);
      // On a software adapter one run under timestamps shows how the time splits into kernels.
      else if (isSoftware) await timeInTurn(device, timed, round === 0 ? 0 : null);
      else await timeInTurn(device, timed, leadRuns(runsMs[index] as number));
    }
  }
  if (isSoftware) return;
  for (const timed of variants)
    timed.streamMs = await streamMs(device, () => timed.workload.run(), rounds);
}

/** GPU and wall time of the same run: beside a long run, timestamps cost nothing. */
async function timeBoth(device: Device, { workload, wall, profiles }: TimedVariant): Promise<void> {
  const start = performance.now();
  const kernels = await kernelTimes(device, () => workload.run());
  wall.push(performance.now() - start);
  if (kernels) profiles.push(kernels);
}

/** One run for wall time, then one under timestamps, after `lead` untimed runs; null = wall time only. */
async function timeInTurn(
  device: Device,
  { workload, wall, profiles }: TimedVariant,
  lead: number | null,
): Promise<void> {
  wall.push(await wallMs(device, () => workload.run()));
  if (lead === null) return;
  const kernels = await kernelTimes(device, () => workload.run(), lead);
  if (kernels) profiles.push(kernels);
}
