import { gpuSuite } from '@vulpes/tensor-core/testing';
import { expect, test } from 'vitest';
import { recordMultiplyAdd } from '../peaks/measure-peaks.ts';
import { kernelTimes, totalMs, totalsByLabel, wallMs } from './timer.ts';

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
  test('the wall clock counts recording and running in ms, not what ran before', async () => {
    const host = await wallMs(device(), () => {
      const start = performance.now();
      while (performance.now() - start < 40);
    });
    expect(host).toBeGreaterThanOrEqual(40);
    expect(host).toBeLessThan(4000);

    const heavy = () =>
      recordMultiplyAdd(device(), { threads: 2 ** 12, steps: 2 ** 12, chains: 8 });
    await wallMs(device(), heavy);
    const heavyMs = await wallMs(device(), heavy);
    using _earlier = heavy();
    const idleMs = await wallMs(device(), () => {});
    expect(idleMs).toBeLessThan(heavyMs / 2);
  });

  test('timestamps of one run, without those of the runs that lead in', async (context) => {
    if (!device().caps.features.timestampQuery) context.skip('no timestamp queries');
    let runs = 0;
    const record = () => {
      runs++;
      for (let i = 0; i < runs; i++)
        recordMultiplyAdd(device(), { threads: 1024, steps: 64, chains: 8 });
    };
    expect(await kernelTimes(device(), record, 2)).toHaveLength(3);
    expect(await kernelTimes(device(), record)).toHaveLength(4);
  });

  test('timestamps tell long work from short', async (context) => {
    if (!device().caps.features.timestampQuery) context.skip('no timestamp queries');
    const gpuMs = async (steps: number) => {
      const record = () =>
        recordMultiplyAdd(device(), { threads: 2 ** 12, steps: steps, chains: 8 });
      const wall = await wallMs(device(), record);
      return { wall, gpu: totalMs((await kernelTimes(device(), record)) ?? []) };
    };
    await gpuMs(64);
    const [short, long] = [await gpuMs(64), await gpuMs(2 ** 13)];
    expect(long.gpu).toBeGreaterThan(10 * short.gpu);
    // Of the same unit as the wall clock.
    expect(long.gpu).toBeLessThan(10 * long.wall);
    expect(long.gpu).toBeGreaterThan(0.1 * long.wall);
  });
});
