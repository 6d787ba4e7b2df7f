// The report of one timed variant: its times, rates, shares, counts and memory.

import type { Device } from '@vulpes/tensor-core';
import type { Workload } from '../case.ts';
import { computeShares } from '../peaks/shares.ts';
import type { Counts, Peaks, Summary, Timing, VariantReport } from '../schema.ts';
import { summarize } from '../timing/statistics.ts';
import type { TimedVariant } from '../timing/time-variants.ts';
import { recordAndFree, totalMs, totalsByLabel } from '../timing/timer.ts';

/** What rates and shares depend on. */
export interface RateBasis {
  readonly isSoftware: boolean;
  readonly peaks: Peaks | null;
}

/** @param first - the variant that speed-ups are against */
export async function reportVariant(
  device: Device,
  timed: TimedVariant,
  first: TimedVariant,
  basis: RateBasis,
): Promise<VariantReport> {
  const { variant, check, workload } = timed;
  const counts = await workload.counts();
  const { keptBlocks, causalBlocks } = counts;
  return {
    name: variant.name,
    check,
    timing: buildTiming(timed, first, counts, basis),
    counts: {
      ...counts,
      ...(await measureFootprint(device, workload)),
      prunedShare: keptBlocks === undefined || !causalBlocks ? null : 1 - keptBlocks / causalBlocks,
    },
  };
}

function buildTiming(
  timed: TimedVariant,
  first: TimedVariant,
  counts: Counts,
  { isSoftware, peaks }: RateBasis,
): Timing {
  const gpu = isSoftware ? null : sumGpuTimes(timed);
  const firstGpu = isSoftware ? null : sumGpuTimes(first);
  const { median } = summarize(gpu ?? timed.wall);
  const byTime = [...timed.profiles].sort((a, b) => totalMs(a) - totalMs(b));
  const { countsDescribeTimedWork = true } = counts;
  const rates = { tflops: counts.flops / median / 1e9, gbPerSecond: counts.bytes / median / 1e6 };
  return {
    wallMs: summarize(timed.wall),
    ...(timed.streamMs !== null && { streamMs: timed.streamMs }),
    gpuMs: gpu && summarize(gpu),
    kernels: totalsByLabel(byTime[Math.floor(byTime.length / 2)] ?? []),
    speedup: gpu && firstGpu ? compareRounds(gpu, firstGpu) : compareRounds(timed.wall, first.wall),
    rates: isSoftware || !countsDescribeTimedWork ? null : rates,
    shares: peaks && countsDescribeTimedWork ? computeShares(counts, median, peaks) : null,
  };
}

/** GPU ms of each run; null without timestamps, and where they are too coarse: a run of 0 ms is not a measurement. */
function sumGpuTimes({ profiles }: TimedVariant): number[] | null {
  const samples = profiles.map(totalMs);
  return samples.length > 0 && samples.every((ms) => ms > 0) ? samples : null;
}

/** Time of the first variant / time of this one, within each round. */
const compareRounds = (samples: readonly number[], first: readonly number[]): Summary =>
  summarize(samples.map((ms, round) => (first[round] as number) / ms));

/** Launches and memory of one run. */
async function measureFootprint(
  device: Device,
  workload: Workload,
): Promise<{ dispatches: number; peakBytes: number }> {
  await device.finish();
  device.resetPeakMemory();
  const [before, inUse] = [device.dispatchCount, device.memory.inUseBytes];
  recordAndFree(device, () => workload.run());
  await device.finish();
  return {
    dispatches: device.dispatchCount - before,
    peakBytes: device.memory.peakInUseBytes - inUse + (workload.heldBytes?.() ?? 0),
  };
}
