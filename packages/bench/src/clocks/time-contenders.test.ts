import type { Device } from '@vulpes/tensor-core';
import { gpuSuite } from '@vulpes/tensor-core/testing';
import { beforeEach, describe, expect, test } from 'vitest';
import { recordMultiplyAdd } from '../peaks/measure-peaks.ts';
import type { Contender } from '../report/variant-report.ts';
import { timeContenders } from './time-contenders.ts';

const SETTINGS = { runs: 3, warmSeconds: 0, longRunMs: 60_000 };

/** Contenders with `launches` launches a run, and the order in which they ran. */
function watched(device: Device, launches: Readonly<Record<string, number>>) {
  const turns: string[] = [];
  const contenders = Object.entries(launches).map(([name, count]): Contender => {
    const run = () => {
      turns.push(name);
      for (let i = 0; i < count; i++)
        recordMultiplyAdd(device, { threads: 1024, steps: 64, chains: 8 });
      return {};
    };
    const workload = {
      run,
      expected: () => ({}),
      counts: () => ({ flops: 0, bytes: 0 }),
      dispose() {},
    };
    return {
      variant: { name, build: () => workload },
      gate: { isOk: true, dims: {}, checks: [] },
      workload,
      wall: [],
      profiles: [],
    };
  });
  return { turns, contenders };
}

const withoutRepeats = (turns: readonly string[]): string =>
  turns.filter((turn, index) => turn !== turns[index - 1]).join('');

/** The device is real; what it says to be chooses how it is timed. */
const says = (device: Device, { isSoftware }: { isSoftware: boolean }) => {
  Object.assign(device, { caps: { ...device.caps, isSoftware } });
};

gpuSuite('timeContenders', (device) => {
  describe('on a software adapter', () => {
    beforeEach(() => says(device(), { isSoftware: true }));

    test('in turns, by the wall clock; one run is split into kernels', async () => {
      const { turns, contenders } = watched(device(), { a: 1, b: 2 });
      await timeContenders(device(), contenders, SETTINGS, () => {});
      // Compiling, warm, then in each round by the wall clock; in the first round under timestamps, too.
      expect(turns.join('')).toBe(['abab', 'aabb', 'ab', 'ab'].join(''));
      for (const { wall, profiles } of contenders) {
        expect(wall).toHaveLength(3);
        expect(profiles).toHaveLength(1);
      }
    });

    test('is warm before the first timed run', async () => {
      const { turns, contenders } = watched(device(), { a: 1 });
      const seen: { phase: string; runs: number; at: number }[] = [];
      await timeContenders(device(), contenders, { ...SETTINGS, warmSeconds: 0.2 }, (phase) =>
        seen.push({ phase, runs: turns.length, at: performance.now() }),
      );
      const [warm, timed] = seen;
      expect(warm).toMatchObject({ phase: 'warm up', runs: 0 });
      expect(timed?.phase).toBe('time');
      expect(timed?.runs).toBeGreaterThan(3);
      expect((timed?.at ?? 0) - (warm?.at ?? 0)).toBeGreaterThanOrEqual(200);
    });
  });

  describe('on hardware', () => {
    beforeEach(() => says(device(), { isSoftware: false }));

    test('in turns by both clocks, each sample of the GPU behind untimed runs', async (context) => {
      if (!device().caps.features.timestampQuery) context.skip('no timestamp queries');
      const { turns, contenders } = watched(device(), { a: 1, b: 2 });
      const starts: number[] = [];
      await timeContenders(device(), contenders, SETTINGS, (phase) => {
        if (phase === 'time') starts.push(turns.length);
      });
      expect(withoutRepeats(turns)).toBe('ab'.repeat(5));
      for (const [round, start] of starts.entries()) {
        const runs = turns.slice(start, starts[round + 1]).filter((turn) => turn === 'a').length;
        // Wall clock, at least one that leads in, timestamps.
        expect(runs).toBeGreaterThanOrEqual(3);
      }
      for (const [index, { wall, profiles }] of contenders.entries()) {
        expect(wall).toHaveLength(3);
        expect(profiles.map((kernels) => kernels.length)).toEqual(Array(3).fill(index + 1));
      }
    });

    test('each is led in by as many runs as suit its own length', async (context) => {
      if (!device().caps.features.timestampQuery) context.skip('no timestamp queries');
      const { turns, contenders } = watched(device(), { a: 1, b: 1 });
      const long = contenders[1] as Contender;
      const run = () => {
        const start = performance.now();
        while (performance.now() - start < 25);
        return long.workload.run();
      };
      contenders[1] = { ...long, workload: { ...long.workload, run } };
      let warm = 0;
      await timeContenders(device(), contenders, SETTINGS, (phase, done) => {
        if (phase === 'time' && done === 0) warm = turns.length;
      });
      const timed = turns.slice(warm);
      // By the wall clock and under timestamps, three rounds: nothing leads in what takes longer than waking does.
      expect(timed.filter((turn) => turn === 'b')).toHaveLength(2 * 3);
      expect(timed.filter((turn) => turn === 'a').length).toBeGreaterThan(2 * 3);
    });

    test('long runs: each by both clocks at once', async (context) => {
      if (!device().caps.features.timestampQuery) context.skip('no timestamp queries');
      const { turns, contenders } = watched(device(), { a: 1, b: 2 });
      const slowest = await timeContenders(
        device(),
        contenders,
        { runs: 20, warmSeconds: 0, longRunMs: 1e-6 },
        () => {},
      );
      expect(slowest).toBeGreaterThan(1e-6);
      expect(turns.join('')).toBe('ab'.repeat(7));
      for (const { wall, profiles } of contenders) {
        expect(profiles).toHaveLength(5);
        expect(wall.every((ms) => ms > 0)).toBe(true);
      }
    });
  });
});
