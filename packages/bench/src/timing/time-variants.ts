// Warm-up, then rounds in which every variant runs once for wall time and once for GPU time.

import type { Device, KernelTime } from '@vulpes/tensor-core';
import type { Variant, Workload } from '../case.ts';
import type { CheckReport } from '../schema.ts';
import { type RunSettings, roundsFor } from './rounds.ts';
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

export async function timeVariants(
  device: Device,
  variants: readonly TimedVariant[],
  settings: RunSettings,
): Promise<void> {
  const works = variants.map(
    ({ workload }) =>
      () =>
        workload.run(),
  );
  const runsMs = await warmUp(device, works, settings.warmSeconds);
  const rounds = roundsFor(settings, Math.max(0, ...runsMs));
  const { isSoftware } = device.caps;
  for (let round = 0; round < rounds; round++) {
    for (const [index, { workload, wall, profiles }] of variants.entries()) {
      wall.push(await wallMs(device, () => workload.run()));
      // On a software adapter one run under timestamps shows how the time splits into kernels.
      if (isSoftware && round > 0) continue;
      const lead = isSoftware ? 0 : leadRuns(runsMs[index] as number);
      const kernels = await kernelTimes(device, () => workload.run(), lead);
      if (kernels) profiles.push(kernels);
    }
  }
  if (isSoftware) return;
  for (const timed of variants)
    timed.streamMs = await streamMs(device, () => timed.workload.run(), rounds);
}
