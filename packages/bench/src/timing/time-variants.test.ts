import type { Device } from '@vulpes/tensor-core';
import { gpuSuite } from '@vulpes/tensor-core/testing';
import { afterEach, expect, test, vi } from 'vitest';
import { recordMultiplyAdd } from '../peaks/measure-peaks.ts';
import { controlClock } from './controlled-clock.suite.ts';
import { type TimedVariant, timeVariants } from './time-variants.ts';

afterEach(() => vi.restoreAllMocks());

const SETTINGS = { runs: 3, warmSeconds: 0, longRunMs: 60_000 };

/** Variants a, b, … whose runs take so many ms of the device, with the order in which they ran. */
function watch(device: Device, ...runsMs: number[]) {
  const clock = controlClock(device);
  const turns: string[] = [];
  const variants = runsMs.map((ms, index): TimedVariant => {
    const name = 'ab'[index] as string;
    const workload = {
      run() {
        turns.push(name);
        clock.queue(ms);
        for (let i = 0; i <= index; i++)
          recordMultiplyAdd(device, {
            ...{ threads: 1024, steps: 64, chains: 8, workgroupSize: 16 },
          });
        return {};
      },
      expected: () => ({}),
      counts: () => ({ flops: 0, bytes: 0 }),
      dispose() {},
    };
    const variant = { name, build: () => workload };
    const check = { isOk: true, dims: {}, outputs: [] };
    return { variant, check, workload, wall: [], profiles: [], streamMs: null };
  });
  return { turns, variants };
}

/** The device is real; `isSoftware` decides how it is timed. */
const pretend = (device: Device, isSoftware: boolean) =>
  Object.assign(device, { caps: { ...device.caps, isSoftware } });

gpuSuite('timeVariants', (device) => {
  test('on a software adapter: wall time in turns, and one run split into kernels', async () => {
    pretend(device(), true);
    const { turns, variants } = watch(device(), 1, 2);
    await timeVariants(device(), variants, SETTINGS);
    // Compiling and warm-up; three rounds, the first with a run under timestamps.
    expect(turns.join('')).toBe(['aabb', 'aabb', 'ab', 'ab'].join(''));
    expect(variants.map(({ wall }) => wall)).toEqual([
      [1, 1, 1],
      [2, 2, 2],
    ]);
    for (const { profiles } of variants) expect(profiles).toHaveLength(1);
  });

  test('on hardware: wall time and GPU time in turns, GPU time after untimed runs', async (context) => {
    if (!device().caps.features.timestampQuery) context.skip('no timestamp queries');
    pretend(device(), false);
    const { turns, variants } = watch(device(), 1, 25);
    await timeVariants(device(), variants, SETTINGS);
    // 10 ms of untimed runs of a, none of b, which is longer than that.
    const round = `a${'a'.repeat(10)}abb`;
    // Then each in a row: one that is not timed, and one more than the rounds.
    expect(turns.join('')).toBe(['aabb', round, round, round, 'aaaaa', 'bbbbb'].join(''));
    for (const [index, { wall, profiles }] of variants.entries()) {
      expect(wall).toHaveLength(3);
      expect(profiles.map((kernels) => kernels.length)).toEqual(Array(3).fill(index + 1));
    }
  });

  test('long runs: fewer', async (context) => {
    if (!device().caps.features.timestampQuery) context.skip('no timestamp queries');
    pretend(device(), false);
    const { variants } = watch(device(), 1000, 2000);
    await timeVariants(device(), variants, { ...SETTINGS, runs: 20, longRunMs: 500 });
    for (const { wall, profiles } of variants) {
      expect([wall.length, profiles.length]).toEqual([5, 5]);
    }
  });
});
