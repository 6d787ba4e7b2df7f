// One case: gate every variant, then time the green ones in alternating runs, so that drift hits all alike.

import type { Device, KernelTime } from '@vulpes/tensor-core';
import { type BenchCase, caseId, type Variant, type Workload } from './case.ts';
import { type GateReport, runGate } from './gate.ts';
import type { CaseReport, Timing, VariantReport } from './report.ts';
import { summarize } from './statistics.ts';
import { kernelTimes, recordAndFree, totalMs, totalsByLabel, wallMs } from './timer.ts';

export interface RunSettings {
  /** Timed runs of each variant, by each clock. */
  readonly runs: number;
  readonly warmups: number;
}

export type Phase = 'check' | 'warm up' | 'time';
export type OnPhase = (phase: Phase, done: number, of: number) => void;

interface Contender {
  readonly variant: Variant;
  readonly gate: GateReport;
  readonly workload: Workload;
  readonly wall: number[];
  readonly profiles: (readonly KernelTime[])[];
}

export async function runCase(
  device: Device,
  benchCase: BenchCase,
  settings: RunSettings,
  onPhase: OnPhase = () => {},
): Promise<CaseReport> {
  const gates: { variant: Variant; gate: GateReport }[] = [];
  for (const variant of benchCase.variants) {
    onPhase('check', gates.length, benchCase.variants.length);
    gates.push({
      variant,
      gate: await runGate(device, variant, benchCase.gateDims ?? benchCase.dims),
    });
  }
  const contenders = gates
    .filter(({ gate }) => gate.isOk)
    .map(({ variant, gate }): Contender => {
      const workload = variant.build(device, benchCase.dims);
      return { variant, gate, workload, wall: [], profiles: [] };
    });
  try {
    await timeAll(device, contenders, settings, onPhase);
    const reports: VariantReport[] = [];
    for (const { variant, gate } of gates) {
      const contender = contenders.find((other) => other.variant === variant);
      reports.push(
        contender
          ? await variantReport(device, contender, contenders[0] as Contender)
          : { name: variant.name, gate, timing: null, counts: null },
      );
    }
    const { suite, op, mode, dims, inputs } = benchCase;
    return { id: caseId(benchCase), suite, op, mode, dims, inputs, variants: reports };
  } finally {
    for (const { workload } of contenders) workload.dispose();
  }
}

async function timeAll(
  device: Device,
  contenders: readonly Contender[],
  { runs, warmups }: RunSettings,
  onPhase: OnPhase,
): Promise<void> {
  for (let round = 0; round < warmups; round++) {
    onPhase('warm up', round, warmups);
    for (const { workload } of contenders) await wallMs(device, () => workload.run());
  }
  for (let round = 0; round < runs; round++) {
    onPhase('time', round, runs);
    for (const { workload, wall, profiles } of contenders) {
      wall.push(await wallMs(device, () => workload.run()));
      const kernels = await kernelTimes(device, () => workload.run());
      if (kernels) profiles.push(kernels);
    }
  }
}

async function variantReport(
  device: Device,
  contender: Contender,
  baseline: Contender,
): Promise<VariantReport> {
  const { variant, gate, workload } = contender;
  const counts = await workload.counts();
  const { keptBlocks, causalBlocks } = counts;
  return {
    name: variant.name,
    gate,
    timing: timing(contender, baseline, counts, device.caps.isSoftware),
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
  { flops, bytes }: { flops: number; bytes: number },
  isSoftware: boolean,
): Timing {
  const gpu = contender.profiles.map(totalMs);
  const samples = gpu.length ? gpu : contender.wall;
  const baselineSamples = gpu.length ? baseline.profiles.map(totalMs) : baseline.wall;
  const median = summarize(samples).median;
  const middle = [...contender.profiles].sort((a, b) => totalMs(a) - totalMs(b))[
    Math.floor(gpu.length / 2)
  ];
  return {
    wallMs: summarize(contender.wall),
    gpuMs: gpu.length ? summarize(gpu) : null,
    kernels: totalsByLabel(middle ?? []),
    speedup: summarize(samples.map((ms, run) => ratio(baselineSamples[run] as number, ms))),
    rates: isSoftware ? null : { tflops: flops / median / 1e9, gbPerSecond: bytes / median / 1e6 },
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
