// The report of one timed variant: its times, rates, shares, counts and footprint.

import type { Device, KernelTime } from '@vulpes/tensor-core';
import type { Variant, Workload } from '../case.ts';
import { summarize } from '../clocks/statistics.ts';
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
  /** The blocks and operations that a search counts are those of the attention that follows. */
  readonly isSearch: boolean;
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
    timing: timing(contender, baseline, counts, {
      ...basis,
      isSearch: basis.isSearch && keptBlocks !== undefined,
    }),
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
  counts: { readonly flops: number; readonly bytes: number },
  { isSoftware, isSearch, peaks }: RateBasis,
): Timing {
  const gpu = isSoftware ? [] : contender.profiles.map(totalMs);
  const samples = gpu.length ? gpu : contender.wall;
  const baselineSamples = gpu.length ? baseline.profiles.map(totalMs) : baseline.wall;
  const { median } = summarize(samples);
  const middle = [...contender.profiles].sort((a, b) => totalMs(a) - totalMs(b))[
    Math.floor(contender.profiles.length / 2)
  ];
  return {
    wallMs: summarize(contender.wall),
    gpuMs: gpu.length ? summarize(gpu) : null,
    kernels: totalsByLabel(middle ?? []),
    speedup: summarize(samples.map((ms, run) => ratio(baselineSamples[run] as number, ms))),
    rates:
      isSoftware || isSearch
        ? null
        : { tflops: counts.flops / median / 1e9, gbPerSecond: counts.bytes / median / 1e6 },
    shares: peaks && !isSearch && median > 0 ? sharesOf(counts, median, peaks) : null,
  };
}

/** Timestamps can be too coarse for tiny work: 0 against 0 counts as equal. */
const ratio = (baselineMs: number, ms: number): number => (baselineMs === ms ? 1 : baselineMs / ms);

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
