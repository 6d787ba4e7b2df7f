import { gpuSuite } from '@vulpes/tensor-core/testing';
import { afterEach, expect, test, vi } from 'vitest';
import { recordMultiplyAdd } from '../peaks/measure-peaks.ts';
import { controlClock } from './controlled-clock.suite.ts';
import { leadRuns, warmUp } from './warm-up.ts';

afterEach(() => vi.restoreAllMocks());

test('untimed runs before a sample: 10 ms of them, at most 256, none before a long one', () => {
  expect(leadRuns(0.5)).toBe(20);
  expect(leadRuns(8)).toBe(1);
  expect(leadRuns(21)).toBe(0);
  expect(leadRuns(1e-6)).toBe(256);
  expect(leadRuns(0)).toBe(256);
});

gpuSuite('warmUp', (device) => {
  const record = () =>
    recordMultiplyAdd(device(), {
      ...{ threads: 1024, steps: 64, chains: 8, workgroupSize: 16 },
    });

  /** Runs between two waits, and what a run takes, for work of so much host and device time. */
  async function watch(hostMs: number, deviceMs: number, seconds: number) {
    const clock = controlClock(device());
    const batches = [0];
    const finish = device().finish;
    device().finish = () => {
      batches.push(0);
      return finish();
    };
    const work = () => {
      batches.push((batches.pop() as number) + 1);
      clock.advance(hostMs);
      clock.queue(deviceMs);
      return record();
    };
    const [runMs] = await warmUp(device(), [work], seconds);
    return { batches: batches.filter((runs) => runs > 0), runMs };
  }

  test('one run that compiles, one that shows its length, then batches of 100 ms', async () => {
    const { batches, runMs } = await watch(0.25, 1, 0.3);
    expect(batches).toEqual([1, 1, 80, 80, 80]);
    expect(runMs).toBeCloseTo(1.25, 9);
  });

  test('queued runs share their memory', async () => {
    await device().trimMemory();
    device().resetPeakMemory();
    const before = device().memory;
    await watch(0.25, 1, 0.1);
    expect(device().memory.inUseBytes).toBe(before.inUseBytes);
    expect(device().memory.peakInUseBytes - before.inUseBytes).toBe(4 * 1024);
  });

  test('with no seconds: of each one run that compiles, and one warm', async () => {
    const turns: string[] = [];
    const work = (name: string) => () => {
      turns.push(name);
      return record();
    };
    const runsMs = await warmUp(device(), [work('a'), work('b')], 0);
    expect(turns).toEqual(['a', 'a', 'b', 'b']);
    expect(runsMs).toHaveLength(2);
    expect(await warmUp(device(), [], 1)).toEqual([]);
  });
});
