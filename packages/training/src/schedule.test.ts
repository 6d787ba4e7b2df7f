// The schedule against its definition at the ends, the corner and between.

import { describe, expect, test } from 'vitest';
import { learningRateAt } from './schedule.ts';

const schedule = { peakLearningRate: 3e-3, warmupTokens: 600, totalTokens: 2400 };

describe('learningRateAt', () => {
  test.each([
    [0, 0],
    [100, 5e-4],
    [599, (3e-3 * 599) / 600],
    [600, 3e-3],
    [1500, 1.5e-3],
    [2400, 0],
    [9999, 0],
  ])('after %d tokens it is %d', (tokens, rate) => {
    expect(learningRateAt(schedule, tokens)).toBeCloseTo(rate, 12);
  });

  // Literals: `lr` of the reference trajectories, made with PyTorch (steps 7 and 23 of 24, 6 of warm-up).
  test.each([
    [7, 0.0029772117268294096],
    [12, 0.0022499999031424522],
    [23, 2.2788370188209228e-5],
  ])('agrees with the reference curve at step %d', (step, rate) => {
    expect(learningRateAt(schedule, step * 100) / rate).toBeCloseTo(1, 6);
  });

  test('without warm-up the first update has the peak rate', () => {
    expect(learningRateAt({ ...schedule, warmupTokens: 0 }, 0)).toBe(3e-3);
  });

  test('throws for a warm-up as long as the run, and for a rate that is no number', () => {
    expect(() =>
      learningRateAt({ ...schedule, warmupTokens: 2400 }, 0),
    ).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: schedule: expected a warm-up shorter than the run, got 2400 of 2400 tokens. Shorten the warm-up or train longer.]`,
    );
    expect(() => learningRateAt({ ...schedule, peakLearningRate: Number.NaN }, 0)).toThrow(
      /learning rate ≥ 0, got NaN/,
    );
  });
});
