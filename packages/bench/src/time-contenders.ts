// Warm-up, then rounds in which every variant runs once by each clock.

import type { Device } from '@vulpes/tensor-core';
import { isLong, type RunSettings, roundsFor } from './rounds.ts';
import { kernelTimes, wallMs } from './timer.ts';
import type { Contender } from './variant-report.ts';

export type Phase = 'check' | 'warm up' | 'time';
export type OnPhase = (phase: Phase, done: number, of: number) => void;

/** @returns the time of a run of the slowest variant, warm */
export async function timeContenders(
  device: Device,
  contenders: readonly Contender[],
  settings: RunSettings,
  onPhase: OnPhase,
): Promise<number> {
  const runMs = await warmUp(device, contenders, settings, onPhase);
  const rounds = roundsFor(settings, runMs);
  const isTimedOnce = isLong(settings, runMs) && device.caps.features.timestampQuery;
  for (let round = 0; round < rounds; round++) {
    onPhase('time', round, rounds);
    for (const { workload, wall, profiles } of contenders) {
      if (isTimedOnce && !device.caps.isSoftware) {
        // Beside so long a run, what timestamps cost the wall clock is nothing.
        const start = performance.now();
        profiles.push((await kernelTimes(device, () => workload.run())) ?? []);
        wall.push(performance.now() - start);
        continue;
      }
      wall.push(await wallMs(device, () => workload.run()));
      // A software adapter's timestamps say no more than the wall clock; one run tells how the time splits.
      if (device.caps.isSoftware && round > 0) continue;
      const kernels = await kernelTimes(device, () => workload.run());
      if (kernels) profiles.push(kernels);
    }
  }
  return runMs;
}

/** Two rounds at least, the first of which compiles; then until the clocks have had their time. */
async function warmUp(
  device: Device,
  contenders: readonly Contender[],
  { warmSeconds }: RunSettings,
  onPhase: OnPhase,
): Promise<number> {
  const round = async (): Promise<number> => {
    let slowest = 0;
    for (const { workload } of contenders) {
      slowest = Math.max(slowest, await wallMs(device, () => workload.run()));
    }
    return slowest;
  };
  onPhase('warm up', 0, 1);
  await round();
  const start = performance.now();
  let slowest = 0;
  do slowest = await round();
  while (contenders.length > 0 && performance.now() - start < 1000 * warmSeconds);
  return slowest;
}
