import { gpuSuite } from '@vulpes/tensor-core/testing';
import { expect, test } from 'vitest';
import { recordMultiplyAdd } from '../peaks/measure-peaks.ts';
import { leadRuns, warmUp } from './warm-up.ts';

test('runs before a sample: 10 ms of them, a bounded number, none before a long one', () => {
  expect(leadRuns(0.5)).toBe(20);
  expect(leadRuns(8)).toBe(1);
  expect(leadRuns(21)).toBe(0);
  expect(leadRuns(1e-6)).toBe(256);
  expect(leadRuns(0)).toBe(256);
});

/** Keeps the host busy, as recording does. */
const wait = (ms: number): void => {
  const start = performance.now();
  while (performance.now() - start < ms);
};

gpuSuite('warmUp', (device) => {
  /** Runs of a small launch between two waits, in order. */
  const watched = () => {
    const batches: number[] = [0];
    const finish = device().finish.bind(device());
    device().finish = () => {
      batches.push(0);
      return finish();
    };
    const record = () => {
      batches.push((batches.pop() as number) + 1);
      return recordMultiplyAdd(device(), { threads: 1024, steps: 64, chains: 8 });
    };
    return { batches, record, restore: () => Object.assign(device(), { finish }) };
  };

  test('is busy for as long as asked, many runs to a wait', async () => {
    const { batches, record, restore } = watched();
    const start = performance.now();
    try {
      const [runMs = 0] = await warmUp(device(), [record], 0.3);
      const elapsedMs = performance.now() - start;
      const runs = batches.reduce((sum, batch) => sum + batch, 0);
      expect(elapsedMs).toBeGreaterThanOrEqual(300);
      // The last batch stands for the others.
      expect(runMs * runs).toBeGreaterThan(0.1 * elapsedMs);
      expect(runMs).toBeLessThan(30);
      expect(batches[0]).toBe(1);
      expect(Math.max(...batches)).toBeGreaterThan(1);
      expect(Math.max(...batches)).toBeLessThanOrEqual(256);
    } finally {
      restore();
    }
  });

  test('queued runs share their memory', async () => {
    await device().trimMemory();
    device().resetPeakMemory();
    const before = device().memory;
    await warmUp(
      device(),
      [() => recordMultiplyAdd(device(), { threads: 2 ** 14, steps: 64, chains: 8 })],
      0.2,
    );
    expect(device().memory.inUseBytes).toBe(before.inUseBytes);
    expect(device().memory.peakInUseBytes - before.inUseBytes).toBe(4 * 2 ** 14);
  });

  test('what the host takes to record is not work of the device', async () => {
    const record = () => {
      wait(10);
      return recordMultiplyAdd(device(), { threads: 64, steps: 64, chains: 2 });
    };
    const start = performance.now();
    await warmUp(device(), [record], 0.2);
    // Were recording work, 0.2 s would do; three times that is where a slow host ends it.
    const elapsedMs = performance.now() - start;
    expect(elapsedMs).toBeGreaterThan(400);
    expect(elapsedMs).toBeLessThan(1500);
  });

  test('with no seconds: one run that compiles, and one warm', async () => {
    const turns: string[] = [];
    const work = (name: string) => () => {
      turns.push(name);
      return recordMultiplyAdd(device(), { threads: 1024, steps: 64, chains: 8 });
    };
    const runsMs = await warmUp(device(), [work('a'), work('b')], 0);
    expect(turns).toEqual(['a', 'b', 'a', 'b']);
    expect(runsMs).toHaveLength(2);
    expect(await warmUp(device(), [], 1)).toEqual([]);
  });
});
