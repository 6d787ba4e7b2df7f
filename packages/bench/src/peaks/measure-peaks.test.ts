import { gpuSuite } from '@vulpes/tensor-core/testing';
import { expect, test } from 'vitest';
import { measurePeaks, naiveMultiplyAdd, recordCopy, recordMultiplyAdd } from './measure-peaks.ts';
import { chainsOf } from './peaks.kernel.ts';
import { peakGbPerSecond, peakTflops, sharesOf } from './shares.ts';

const summary = (median: number) => ({ runs: 1, median, p10: median, p90: median, min: median });
const PEAKS = {
  compute: { flops: 50e9, ms: summary(1) },
  memory: { bytes: 2e9, ms: summary(1) },
};

test('shares of the peaks, and which of them bounds the work', () => {
  expect(peakTflops(PEAKS)).toBeCloseTo(50, 10);
  expect(peakGbPerSecond(PEAKS)).toBeCloseTo(2000, 10);
  expect(sharesOf({ flops: 25e9, bytes: 1e8 }, 1, PEAKS)).toEqual({
    ofPeak: 0.5,
    ofBandwidth: 0.05,
    bound: 'compute',
  });
  expect(sharesOf({ flops: 0, bytes: 1e9 }, 1, PEAKS)).toEqual({
    ofPeak: 0,
    ofBandwidth: 0.5,
    bound: 'memory',
  });
});

const families = ['gpu', 'software'] as const;

gpuSuite(
  'peaks',
  (device) => {
    test('the kernels do the work that is counted', async () => {
      const sums = await recordMultiplyAdd(device(), 256, 5).data();
      sums.forEach((sum, thread) => {
        expect(sum).toBeCloseTo(naiveMultiplyAdd(thread, 5, chainsOf(device().caps)), 3);
      });
      const values = Float32Array.from({ length: 1004 }, (_, i) => i);
      const copy = recordCopy(device(), device().tensor(values, [1004]), 256);
      expect(await copy.data()).toEqual(values);
    });
  },
  families,
);

gpuSuite('measurePeaks', (device) => {
  test('a measurement', async () => {
    const { compute, memory } = await measurePeaks(device(), { runs: 3, warmSeconds: 0 });
    expect(compute.ms.runs).toBe(3);
    expect(compute.flops).toBeGreaterThan(0);
    expect(memory.bytes).toBe(2 ** 27);
    expect(memory.ms.median).toBeGreaterThan(0);
  });
});
