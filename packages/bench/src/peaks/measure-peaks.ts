// Measures the peaks: multiply-adds in registers, and a copy.

import type { Device, Tensor } from '@vulpes/tensor-core';
import { type Summary, summarize } from '../statistics.ts';
import { kernelTimes, totalMs, wallMs } from '../timer.ts';
import { leadRuns, warmUp } from '../warm-up.ts';
import { chainsOf, copyMemory, type MultiplyAddDims, multiplyAdd } from './peaks.kernel.ts';
import type { Peaks } from './shares.ts';

const FACTOR = 0.75;
const ADDEND = 0.5;
const MAX_ITERATIONS = 2 ** 24;

/** Enough threads to fill the machine, work long enough for its clock, memory larger than its caches. */
const SIZES = {
  gpu: { threads: 2 ** 19, runMs: 20, copyBytes: 2 ** 28, copyThreads: 2 ** 20 },
  software: { threads: 2 ** 10, runMs: 50, copyBytes: 2 ** 26, copyThreads: 2 ** 10 },
} as const;

/** @param warmSeconds work before the first timed run, so that the clocks are up */
export async function measurePeaks(
  device: Device,
  { runs, warmSeconds }: { readonly runs: number; readonly warmSeconds: number },
): Promise<Peaks> {
  const sizes = SIZES[device.caps.kernels];
  const settings = { runs, warmSeconds };
  const iterations = await iterationsFor(device, sizes.threads, sizes.runMs);
  const compute = await timeRuns(device, settings, () =>
    recordMultiplyAdd(device, sizes.threads, iterations),
  );
  const copyBytes = Math.min(
    sizes.copyBytes,
    2 ** Math.floor(Math.log2(device.caps.limits.maxStorageBufferBindingSize)),
  );
  const source = device.zeros([copyBytes / 4]);
  try {
    const memory = await timeRuns(device, settings, () =>
      recordCopy(device, source, sizes.copyThreads),
    );
    const flops = multiplyAdd.flops?.(dimsOf(device, sizes.threads, iterations)) ?? 0;
    return { compute: { flops, ms: compute }, memory: { bytes: 2 * copyBytes, ms: memory } };
  } finally {
    source.dispose();
  }
}

/** @returns f32 [threads] */
export function recordMultiplyAdd(device: Device, threads: number, iterations: number): Tensor {
  const out = device.empty([threads]);
  multiplyAdd.run(device, {
    dims: dimsOf(device, threads, iterations),
    tensors: { out },
    params: { iterations, factor: FACTOR, addend: ADDEND },
  });
  return out;
}

/** @param x f32, a multiple of 4 elements. @returns a copy of it */
export function recordCopy(device: Device, x: Tensor, threads: number): Tensor {
  const out = device.empty(x.shape);
  const size = x.size / 4;
  copyMemory.run(device, {
    dims: { size, threads },
    tensors: { x, out },
    params: { size, stride: threads },
  });
  return out;
}

const dimsOf = ({ caps }: Device, threads: number, iterations: number): MultiplyAddDims => ({
  threads,
  iterations,
  chains: chainsOf(caps),
});

/** What a thread of `recordMultiplyAdd` must give, in f64. */
export function naiveMultiplyAdd(thread: number, iterations: number, chains: number): number {
  let sum = 0;
  for (let chain = 0; chain < chains; chain++) {
    let value = (thread & 7) + chain;
    for (let i = 0; i < iterations; i++) value = value * FACTOR + ADDEND;
    sum += 4 * value;
  }
  return sum;
}

/** Iterations that take about `ms`, found by doubling. */
async function iterationsFor(device: Device, threads: number, ms: number): Promise<number> {
  let iterations = 64;
  const record = () => recordMultiplyAdd(device, threads, iterations);
  await wallMs(device, record);
  while (iterations < MAX_ITERATIONS && (await wallMs(device, record)) < ms) iterations *= 2;
  return iterations;
}

async function timeRuns(
  device: Device,
  { runs, warmSeconds }: { readonly runs: number; readonly warmSeconds: number },
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
