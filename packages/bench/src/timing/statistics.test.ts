import { describe, expect, test } from 'vitest';
import { quantile, summarize } from './statistics.ts';

describe('quantile', () => {
  test.each([
    { samples: [3, 1, 2], fraction: 0.5, expected: 2 },
    { samples: [4, 1, 3, 2], fraction: 0.5, expected: 2.5 },
    { samples: [7], fraction: 0.9, expected: 7 },
    { samples: [10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110], fraction: 0.1, expected: 20 },
    { samples: [0, 1], fraction: 0.25, expected: 0.25 },
  ])('$fraction of $samples is $expected', ({ samples, fraction, expected }) => {
    expect(quantile(samples, fraction)).toBeCloseTo(expected, 12);
  });

  test('leaves the samples in their order', () => {
    const samples = [3, 1, 2];
    summarize(samples);
    expect(samples).toEqual([3, 1, 2]);
  });
});

test('summarize: one slow run moves p90, not the median', () => {
  const { median, p10, p90, min, runs } = summarize([10, 10, 11, 10, 10, 10, 10, 10, 10, 95]);
  expect({ median, p10, min, runs }).toEqual({ median: 10, p10: 10, min: 10, runs: 10 });
  expect(p90).toBeGreaterThan(11);
});

test('summarize: each quantile is the one of its name', () => {
  const samples = [110, 20, 30, 40, 50, 60, 70, 80, 90, 100, 10];
  const expected = { runs: 11, median: 60, p10: 20, p90: 100, min: 10 };
  expect(summarize(samples)).toEqual(expected);
});
