// The report of one timed variant: its times, rates, shares, counts and footprint.

import type { Device, KernelTime } from '@vulpes/tensor-core';
import type { Counts, Variant, Workload } from '../case.ts';
import { type Summary, summarize } from '../clocks/statistics.ts';
import { recordAndFree, totalMs, totalsByLabel } from '../clocks/timer.ts';
import type { GateReport } from '../gate.ts';
import { type Peaks, sharesOf } from '../peaks/shares.ts';
import type { Timing, VariantReport } from './report.ts';

/** A variant that passed its gate, with what the clocks said. */
export interface Contender {
  readonly variant: Variant;
  readonly gate: GateReport;
  readonly workload: Workload;
  readonly wall: number[];
  readonly profiles: (readonly KernelTime[])[];
}

/** What tells whether rates and shares mean anything. */
export interface RateBasis {
  readonly isSoftware: boolean;
  readonly peaks: Peaks | null;
}

export async function variantReport(
  device: Device,
  contender: Contender,
  baseline: Contender,
  basis: RateBasis,
): Promise<VariantReport> {
  const { variant, gate, workload } = contender;
  const counts = await workload.counts();
  const { keptBlocks, causalBlocks } = counts;
  return {
    name: variant.name,
    gate,
    timing: timing(contender, baseline, counts, basis),
    counts: {
      ...counts,
      ...(await footprint(device, workload)),
      prunedShare: keptBlocks === undefined || !causalBlocks ? null : 1 - keptBlocks / causalBlocks,
    },
  };
}

function timing(
  contender: Contender,
  baseline: Contender,
  counts: Counts,
  { isSoftware, peaks }: RateBasis,
): Timing {
  const gpu = isSoftware ? null : gpuSamples(contender);
  const baselineGpu = isSoftware ? null : gpuSamples(baseline);
  const { median } = summarize(gpu ?? contender.wall);
  const middle = [...contender.profiles].sort((a, b) => totalMs(a) - totalMs(b))[
    Math.floor(contender.profiles.length / 2)
  ];
  const { areOfRun = true } = counts;
  return {
    wallMs: summarize(contender.wall),
    gpuMs: gpu && summarize(gpu),
    kernels: totalsByLabel(middle ?? []),
    speedup:
      gpu && baselineGpu ? speedup(gpu, baselineGpu) : speedup(contender.wall, baseline.wall),
    rates:
      isSoftware || !areOfRun
        ? null
        : { tflops: counts.flops / median / 1e9, gbPerSecond: counts.bytes / median / 1e6 },
    shares: peaks && areOfRun ? sharesOf(counts, median, peaks) : null,
  };
}

/** GPU ms of each run; null without timestamps, and where they are too coarse for tiny work: one of 0 tells nothing. */
function gpuSamples({ profiles }: Contender): number[] | null {
  const samples = profiles.map(totalMs);
  return samples.length > 0 && samples.every((ms) => ms > 0) ? samples : null;
}

/** The baseline's time over this one's, round by round. */
const speedup = (samples: readonly number[], baseline: readonly number[]): Summary =>
  summarize(samples.map((ms, round) => (baseline[round] as number) / ms));

/** Launches and memory of one run. */
async function footprint(
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
    peakBytes: device.memory.peakInUseBytes - inUse,
  };
}
