import { describe, expect, test } from 'vitest';
import { firstGuess, predictMs, roundsFor } from './rounds.ts';

const SETTINGS = { runs: 20, warmSeconds: 1, longRunMs: 500 };

test('fewer runs only where one is long', () => {
  expect(roundsFor(SETTINGS, 500)).toBe(20);
  expect(roundsFor(SETTINGS, 1000)).toBe(10);
  expect(roundsFor(SETTINGS, 2500)).toBe(5);
  expect(roundsFor(SETTINGS, 60_000)).toBe(5);
  expect(roundsFor({ ...SETTINGS, runs: 2 }, 60_000)).toBe(2);
});

test('the first guess is a share of the peak, and a smaller one on the CPU', () => {
  const ms = { runs: 1, median: 9, p10: 9, p90: 9, min: 2 };
  const peaks = { compute: { flops: 1e9, ms }, memory: { bytes: 1, ms } };
  expect(firstGuess(peaks, { isSoftware: false })).toBeCloseTo(1e8, 3);
  expect(firstGuess(peaks, { isSoftware: true })).toBeCloseTo(1.5e7, 3);
});

describe('predictMs', () => {
  const work = (suite: string, flops: number) => ({
    suite,
    op: 'op',
    mode: 'forward' as const,
    flops,
    variants: [{ name: 'a', build: () => expect.fail('not run') }],
  });
  const spent = (flops: number, runMs: number) => ({
    suite: 's',
    op: 'op',
    mode: 'forward',
    flops,
    runMs,
    overheadMs: 700,
  });
  const settings = { ...SETTINGS, clocks: 2, guessFlopsPerMs: 200 };

  test('by the speed of the largest case of its kind, and the overhead of its suite', () => {
    const earlier = [spent(100, 50), spent(1000, 100)];
    // 3000 flops at 10 a millisecond: 300 ms a run, 20 runs by 2 clocks and 4 more.
    expect(predictMs(work('s', 3000), earlier, settings)).toBeCloseTo(700 + 1000 + 44 * 300, 6);
  });

  test('by the first guess where nothing of its suite ran; as quick where not even that is known', () => {
    const first = predictMs(work('t', 1000), [spent(1000, 100)], settings);
    expect(first).toBeCloseTo(2000 + 1000 + 44 * (1000 / 200), 6);
    expect(predictMs(work('t', 1e9), [], { ...settings, guessFlopsPerMs: null })).toBe(3000);
  });

  test('counting that is more than what is timed', () => {
    const counted = { ...work('t', 0), countFlops: 2e6 };
    expect(predictMs(counted, [], settings)).toBe(2000 + 1000 + 2e6 / 200);
  });
});
