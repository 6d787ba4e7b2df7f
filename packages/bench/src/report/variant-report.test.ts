import type { KernelTime } from '@vulpes/tensor-core';
import { gpuSuite } from '@vulpes/tensor-core/testing';
import { describe, expect, test } from 'vitest';
import type { Counts } from '../case.ts';
import { recordCopy } from '../peaks/measure-peaks.ts';
import { summary } from '../timing/summary.fixture.ts';
import type { TimedVariant } from '../timing/time-variants.ts';
import type { VariantReport } from './report.ts';
import { type RateBasis, reportVariant } from './variant-report.ts';

/** 10 TFLOP/s, 1000 GB/s. */
const PEAKS = {
  compute: { flops: 1e10, ms: summary(1.25) },
  memory: { bytes: 1e9, ms: summary(1.25) },
};
const BASIS = { isSoftware: false, peaks: PEAKS };
const COUNTS: Counts = { flops: 8e9, bytes: 4e8 };

/** A run of two kernels, which takes `ms` in all. */
const runOf = (ms: number): KernelTime[] => [
  { label: `first of ${ms}`, nanoseconds: 0.25e6 * ms },
  { label: 'second', nanoseconds: 0.75e6 * ms },
];

function timed(times: { wall: number[]; gpu?: number[] }, counts: Counts = COUNTS): TimedVariant {
  const workload = {
    run: () => ({}),
    expected: () => ({}),
    counts: () => counts,
    dispose() {},
  };
  return {
    variant: { name: 'v', build: () => workload },
    check: { isOk: true, dims: {}, outputs: [] },
    workload,
    wall: times.wall,
    profiles: (times.gpu ?? []).map(runOf),
    streamMs: null,
  };
}

gpuSuite('reportVariant', (device) => {
  const report = (...given: [TimedVariant, TimedVariant, RateBasis]) =>
    reportVariant(device(), ...given);
  const timingOf = (given: VariantReport) => given.timing ?? expect.fail('not timed');

  test('rates and shares are of the median by GPU time', async () => {
    const one = timed({ wall: [7, 7, 7], gpu: [3, 2, 1] });
    const timing = timingOf(await report(one, one, BASIS));
    expect(timing.wallMs).toMatchObject({ runs: 3, median: 7 });
    expect(timing.gpuMs).toMatchObject({ runs: 3, median: 2, min: 1 });
    // 8e9 flops and 4e8 bytes in 2 ms.
    expect(timing.rates?.tflops).toBeCloseTo(4, 10);
    expect(timing.rates?.gbPerSecond).toBeCloseTo(200, 10);
    expect(timing.shares?.ofPeak).toBeCloseTo(0.4, 10);
    expect(timing.shares?.ofBandwidth).toBeCloseTo(0.2, 10);
    expect(timing.shares?.bound).toBe('compute');
  });

  test('the split into kernels is of the run with the median GPU time', async () => {
    const one = timed({ wall: [7, 7, 7], gpu: [3, 1, 2] });
    const { kernels } = timingOf(await report(one, one, BASIS));
    expect(kernels).toEqual([
      { label: 'second', launches: 1, ms: 1.5 },
      { label: 'first of 2', launches: 1, ms: 0.5 },
    ]);
  });

  test('the speed-up is the time of the first variant over this one, round by round', async () => {
    const first = timed({ wall: [100, 100, 100], gpu: [4, 40, 6] });
    const faster = timed({ wall: [1, 1, 1], gpu: [2, 10, 1] });
    // 2, 4 and 6: of medians it would be 6 / 2.
    expect(timingOf(await report(faster, first, BASIS)).speedup).toMatchObject({
      median: 4,
      min: 2,
    });
    expect(timingOf(await report(first, faster, BASIS)).speedup.median).toBeCloseTo(1 / 4, 10);
    expect(timingOf(await report(faster, faster, BASIS)).speedup.median).toBe(1);
  });

  test('without timestamps all is by wall time', async () => {
    const first = timed({ wall: [8, 8, 8] });
    const timing = timingOf(await report(timed({ wall: [4, 4, 4] }), first, BASIS));
    expect(timing.gpuMs).toBeNull();
    expect(timing.kernels).toEqual([]);
    expect(timing.rates?.tflops).toBeCloseTo(2, 10);
    expect(timing.speedup.median).toBe(2);
  });

  test('on a software adapter by wall time, without rates; one run has the split into kernels', async () => {
    const first = timed({ wall: [8, 8], gpu: [1] });
    const one = timed({ wall: [4, 4], gpu: [3] });
    const timing = timingOf(await report(one, first, { ...BASIS, isSoftware: true }));
    expect(timing).toMatchObject({ gpuMs: null, rates: null, speedup: { median: 2 } });
    expect(timing.kernels[0]).toMatchObject({ label: 'second', ms: 2.25 });
    expect(timing.shares?.ofPeak).toBeCloseTo(0.2, 10);
  });

  test('timestamps that are too coarse: wall time of both, and JSON keeps every number', async () => {
    const zero = timed({ wall: [4, 4, 4], gpu: [0, 0, 0] });
    const telling = timed({ wall: [2, 2, 2], gpu: [1, 1, 1] });
    const patchy = timed({ wall: [8, 8, 8], gpu: [1, 0, 1] });
    for (const [one, first, speedup] of [
      [zero, zero, 1],
      [zero, telling, 0.5],
      [telling, zero, 2],
      [patchy, zero, 0.5],
    ] as const) {
      const timing = timingOf(await report(one, first, BASIS));
      expect(timing.speedup).toMatchObject({ median: speedup, p10: speedup, p90: speedup });
      expect(timing.gpuMs?.median ?? null).toBe(one === telling ? 1 : null);
      expect(timing.rates?.tflops).toBeCloseTo(8 / (one === telling ? 1 : one.wall[0]!), 10);
      expect(JSON.parse(JSON.stringify(timing))).toEqual(timing);
    }
  });

  describe('counts', () => {
    test('pruned share', async () => {
      const counts = { ...COUNTS, keptBlocks: 3, causalBlocks: 12 };
      const one = timed({ wall: [1], gpu: [1] }, counts);
      expect((await report(one, one, BASIS)).counts).toMatchObject({
        ...counts,
        prunedShare: 0.75,
      });
      const dense = timed({ wall: [1], gpu: [1] });
      expect((await report(dense, dense, BASIS)).counts?.prunedShare).toBeNull();
    });

    test('launches and peak memory of a run, without its inputs', async () => {
      const x = device().zeros([2 ** 20]);
      const given = timed({ wall: [1], gpu: [1] });
      const launch = { threads: 1024, workgroupSize: 16 };
      const run = () => ({ y: recordCopy(device(), x, launch), z: device().zeros([2 ** 18]) });
      const one = { ...given, workload: { ...given.workload, run } };
      const { counts } = await report(one, one, BASIS);
      x.dispose();
      // 4 MiB copied and 1 MiB of zeros, beside an input of 4 MiB; only the copy is a launch.
      expect(counts).toMatchObject({ dispatches: 1, peakBytes: 5 * 2 ** 20 });
    });

    test('of the attention that a search decides for: it has no rates', async () => {
      const one = timed({ wall: [1], gpu: [1] }, { ...COUNTS, countsDescribeTimedWork: false });
      expect(timingOf(await report(one, one, BASIS))).toMatchObject({ rates: null, shares: null });
      const own = timed({ wall: [1], gpu: [1] });
      expect(timingOf(await report(own, own, BASIS)).rates?.tflops).toBeCloseTo(8, 10);
    });
  });
});
