import { gpuSuite } from '@vulpes/tensor-core/testing';
import { describe, expect, test } from 'vitest';
import { summary } from '../timing/summary.fixture.ts';
import { fastest, measurePeaks, recordCopy, recordMultiplyAdd } from './measure-peaks.ts';
import { ADDEND, countFlops, FACTOR } from './peaks.kernel.ts';
import { computeShares, peakGbPerSecond, peakTflops } from './shares.ts';

/** The fastest of the runs took 1 ms. */
const PEAKS = {
  compute: { flops: 50e9, ms: summary(1.25) },
  memory: { bytes: 2e9, ms: summary(1.25) },
};

test('a peak is the fastest of its runs; shares of it, and which peak bounds the work', () => {
  expect(peakTflops(PEAKS)).toBeCloseTo(50, 10);
  expect(peakGbPerSecond(PEAKS)).toBeCloseTo(2000, 10);
  expect(computeShares({ flops: 25e9, bytes: 1e8 }, 1, PEAKS)).toEqual({
    ofPeak: 0.5,
    ofBandwidth: 0.05,
    bound: 'compute',
  });
  expect(computeShares({ flops: 0, bytes: 1e9 }, 2, PEAKS)).toEqual({
    ofPeak: 0,
    ofBandwidth: 0.25,
    bound: 'memory',
  });
});

test('the launch with the most FLOP/s in its fastest run', () => {
  const tried = [
    { flops: 10, ms: summary(2.5) },
    { flops: 20, ms: summary(100, { min: 3 }) },
    { flops: 1, ms: summary(0.625) },
  ];
  expect(fastest(tried).flops).toBe(20);
  expect(fastest([...tried].reverse()).flops).toBe(20);
});

test('what the arithmetic kernel counts', () => {
  // 4 lanes · 2 flops.
  expect(countFlops({ threads: 4, steps: 32, chains: 2, workgroupSize: 4 })).toBe(
    4 * 32 * 2 * 4 * 2,
  );
});

/** What a thread of `recordMultiplyAdd` must give, in f64. */
function referenceMultiplyAdd(thread: number, steps: number, chains: number): number {
  let sum = 0;
  for (let chain = 0; chain < chains; chain++) {
    let value = (thread & 7) + chain;
    for (let i = 0; i < steps; i++) value = value * FACTOR + ADDEND;
    sum += 4 * value;
  }
  return sum;
}

gpuSuite('peaks', (device) => {
  describe.each([16, 256])('in workgroups of %i', (workgroupSize) => {
    describe.each([2, 8])('%i chains', (chains) => {
      test.each([32, 96])('do the %i steps that are counted', async (steps) => {
        const sums = await recordMultiplyAdd(device(), {
          ...{ threads: 256, steps, chains, workgroupSize },
        }).data();
        expect(sums).toHaveLength(256);
        sums.forEach((sum, thread) => {
          expect(sum).toBeCloseTo(referenceMultiplyAdd(thread, steps, chains), 2);
        });
      });
    });

    test('steps that the unrolled loop would overrun', () => {
      const record = () =>
        recordMultiplyAdd(device(), { threads: 256, steps: 33, chains: 2, workgroupSize });
      expect(record).toThrow('33 steps, no multiple of 32');
    });

    test('the copy moves every element', async () => {
      const values = Float32Array.from({ length: 1004 }, (_, i) => i);
      const copy = recordCopy(device(), device().tensor(values, [1004]), {
        threads: 256,
        workgroupSize,
      });
      expect(await copy.data()).toEqual(values);
    });
  });
});

gpuSuite('measurePeaks', (device) => {
  test('a measurement, with the launch that was chosen', async () => {
    const { compute, memory } = await measurePeaks(device(), { runs: 4, warmSeconds: 0 });
    expect(compute.ms.runs).toBe(4);
    const { threads = 0, chains = 0 } = compute.launch ?? {};
    const steps = compute.flops / (threads * chains * 8);
    expect([2, 8]).toContain(chains);
    expect(steps).toBeGreaterThanOrEqual(64);
    expect(Number.isInteger(Math.log2(steps))).toBe(true);
    expect(memory.bytes).toBe(2 ** 27);
    expect(memory.ms.min).toBeGreaterThan(0);
  });
});
