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

  // Warm-up 600, the peak up to 1800, decay of 600: closed forms at a quarter, half and all of the decay.
  test.each([
    ['linear', 0.75, 0.5],
    ['sqrt', 0.5, 1 - Math.SQRT1_2],
    ['cosine', (2 + Math.SQRT2) / 4, 0.5],
  ] as const)('warm-up, stable, %s decay', (decayShape, quarter, half) => {
    const wsd = { ...schedule, decayTokens: 600, decayShape };
    const rates = [0, 300, 600, 1200, 1799, 1800, 1950, 2100, 2400, 9999];
    const expected = [0, 0.5, 1, 1, 1, 1, quarter, half, 0, 0];
    rates.forEach((tokens, index) => {
      expect(learningRateAt(wsd, tokens), `${tokens}`).toBeCloseTo(3e-3 * expected[index]!, 12);
    });
    const floor = { ...wsd, finalLearningRate: 3e-4 };
    expect(learningRateAt(floor, 1800)).toBe(3e-3);
    expect(learningRateAt(floor, 2100)).toBeCloseTo(3e-4 + 2.7e-3 * half, 12);
    expect(learningRateAt(floor, 9999)).toBe(3e-4);
  });

  test('throws for a decay that is longer than what follows the warm-up, and for an end above the peak', () => {
    expect(() =>
      learningRateAt({ ...schedule, decayTokens: 1801 }, 0),
    ).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: schedule: expected a decay that begins after the warm-up of 600 tokens and ends with the run at 2400, got 1801 tokens of decay. Shorten one of the two or train longer.]`,
    );
    expect(() =>
      learningRateAt({ ...schedule, finalLearningRate: 1 }, 0),
    ).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: schedule: expected a final learning rate from 0 to the peak, 0.003, got 1.]`,
    );
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
