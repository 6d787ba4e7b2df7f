// Measures the peaks: multiply-adds in registers, and a copy.

import { type Device, invariant, type Tensor } from '@vulpes/tensor-core';
import type { Peaks, Summary } from '../schema.ts';
import { summarize } from '../timing/statistics.ts';
import { kernelTimes, totalMs, wallMs } from '../timing/timer.ts';
import { leadRuns, warmUp } from '../timing/warm-up.ts';
import {
  type CopyDims,
  copyMemory,
  countFlops,
  type MultiplyAddDims,
  multiplyAdd,
  UNROLLED_STEPS,
} from './peaks.kernel.ts';
import { peakTflops } from './shares.ts';

const MAX_STEPS = 2 ** 24;

/** Launches to try, long enough for the clock; memory larger than the caches. */
const SIZES = {
  hardware: {
    workgroupSize: 256,
    launches: [
      { threads: 2 ** 19, chains: 8 },
      { threads: 2 ** 22, chains: 8 },
      { threads: 2 ** 22, chains: 2 },
    ],
    runMs: 20,
    copyBytes: 2 ** 28,
    copyThreads: 2 ** 20,
  },
  software: {
    workgroupSize: 16,
    launches: [
      { threads: 2 ** 10, chains: 2 },
      { threads: 2 ** 10, chains: 8 },
    ],
    runMs: 50,
    copyBytes: 2 ** 26,
    copyThreads: 2 ** 10,
  },
} as const;

const getSizes = ({ caps }: Device) => SIZES[caps.isSoftware ? 'software' : 'hardware'];

interface RunCounts {
  readonly runs: number;
  /** Work before the first timed run, so that the clocks are up. */
  readonly warmSeconds: number;
}

export async function measurePeaks(device: Device, settings: RunCounts): Promise<Peaks> {
  const compute = await measureCompute(device, settings);
  return { compute, memory: await measureMemory(device, settings) };
}

/** The fastest of the launches. */
async function measureCompute(
  device: Device,
  { runs, warmSeconds }: RunCounts,
): Promise<Peaks['compute']> {
  const { launches, runMs, workgroupSize } = getSizes(device);
  const settings = { runs, warmSeconds: warmSeconds / launches.length };
  const tried: Peaks['compute'][] = [];
  for (const launch of launches) {
    const sizes = { ...launch, workgroupSize };
    const dims = { ...sizes, steps: await stepsFor(device, sizes, runMs) };
    const ms = await timeRuns(device, settings, () => recordMultiplyAdd(device, dims));
    tried.push({ flops: countFlops(dims), ms, launch });
  }
  return fastest(tried);
}

/** Of those tried, the one with the highest peak. */
export const fastest = (tried: readonly Peaks['compute'][]): Peaks['compute'] =>
  tried.reduce((best, one) =>
    peakTflops({ compute: one }) > peakTflops({ compute: best }) ? one : best,
  );

async function measureMemory(device: Device, settings: RunCounts): Promise<Peaks['memory']> {
  const { copyBytes, copyThreads, workgroupSize } = getSizes(device);
  const { maxStorageBufferBindingSize } = device.caps.limits;
  const bytes = Math.min(copyBytes, 2 ** Math.floor(Math.log2(maxStorageBufferBindingSize)));
  const launch = { threads: copyThreads, workgroupSize };
  using source = device.zeros([bytes / 4]);
  const ms = await timeRuns(device, settings, () => recordCopy(device, source, launch));
  return { bytes: 2 * bytes, ms };
}

/** @returns f32 [threads] */
export function recordMultiplyAdd(device: Device, dims: MultiplyAddDims): Tensor {
  const { threads, steps } = dims;
  invariant(
    steps % UNROLLED_STEPS === 0,
    `multiply-add: ${steps} steps, no multiple of ${UNROLLED_STEPS}`,
  );
  const out = device.empty([threads]);
  multiplyAdd.run(device, { dims, tensors: { out } });
  return out;
}

/** @param x f32, a multiple of 4 elements. @returns a copy of it */
export function recordCopy(
  device: Device,
  x: Tensor,
  { threads, workgroupSize }: Omit<CopyDims, 'size'>,
): Tensor {
  const out = device.empty(x.shape);
  const size = x.size / 4;
  copyMemory.run(device, { dims: { size, threads, workgroupSize }, tensors: { x, out } });
  return out;
}

/** Steps that take about `ms`, found by doubling. */
async function stepsFor(
  device: Device,
  launch: Omit<MultiplyAddDims, 'steps'>,
  ms: number,
): Promise<number> {
  let steps = 2 * UNROLLED_STEPS;
  const record = () => recordMultiplyAdd(device, { ...launch, steps });
  await wallMs(device, record);
  while (steps < MAX_STEPS && (await wallMs(device, record)) < ms) steps *= 2;
  return steps;
}

/** By GPU time where the adapter is hardware with timestamps, else by the wall clock. */
async function timeRuns(
  device: Device,
  { runs, warmSeconds }: RunCounts,
  record: () => unknown,
): Promise<Summary> {
  const [runMs = 0] = await warmUp(device, [record], warmSeconds);
  const samples: number[] = [];
  for (let run = 0; run < runs; run++) {
    const kernels = device.caps.isSoftware
      ? null
      : await kernelTimes(device, record, leadRuns(runMs));
    samples.push(kernels ? totalMs(kernels) : await wallMs(device, record));
  }
  return summarize(samples);
}
