import { gpuSuite } from '@vulpes/tensor-core/testing';
import { afterEach, expect, test, vi } from 'vitest';
import { recordMultiplyAdd } from '../peaks/measure-peaks.ts';
import { controlClock } from './controlled-clock.suite.ts';
import { kernelTimes, totalMs, totalsByLabel, wallMs } from './timer.ts';

afterEach(() => vi.restoreAllMocks());

test('nanoseconds of kernels add up to milliseconds', () => {
  const kernels = [
    { label: 'a', nanoseconds: 1_500_000 },
    { label: 'b', nanoseconds: 3_000_000 },
    { label: 'a', nanoseconds: 250_000 },
  ];
  expect(totalMs(kernels)).toBeCloseTo(4.75, 12);
  expect(totalMs([])).toBe(0);
  expect(totalsByLabel(kernels)).toEqual([
    { label: 'b', launches: 1, ms: 3 },
    { label: 'a', launches: 2, ms: 1.75 },
  ]);
});

gpuSuite('timer', (device) => {
  test('wall time is recording and running, in ms, without earlier work', async () => {
    const clock = controlClock(device());
    clock.queue(1000);
    const ms = await wallMs(device(), () => {
      clock.advance(40);
      clock.queue(2);
    });
    expect(ms).toBe(42);
  });

  test('timestamps of one run, without those of the runs before it', async (context) => {
    if (!device().caps.features.timestampQuery) context.skip('no timestamp queries');
    let runs = 0;
    const record = () => {
      runs++;
      for (let i = 0; i < runs; i++)
        recordMultiplyAdd(device(), {
          ...{ threads: 1024, steps: 64, chains: 8, workgroupSize: 16 },
        });
    };
    expect(await kernelTimes(device(), record, 2)).toHaveLength(3);
    const kernels = (await kernelTimes(device(), record)) ?? [];
    expect(kernels).toHaveLength(4);
    for (const { label, nanoseconds } of kernels) {
      expect(label).toContain('multiply-add');
      expect(nanoseconds).toBeGreaterThanOrEqual(0);
    }
  });
});
