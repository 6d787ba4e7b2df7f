// Drawing tokens from logits.

import { CounterRng } from '@vulpes/tensor-core';
import { describe, expect, test } from 'vitest';
import { argmax, type SamplingOptions, sampleToken } from './sampling.ts';

test('argmax takes the first of equals', () => {
  expect(argmax([1, 3, 3, 2])).toBe(1);
  expect(argmax([-5])).toBe(0);
});

describe('sampling', () => {
  const logits = [Math.log(0.1), Math.log(0.6), Math.log(0.3)];
  const shares = (options: SamplingOptions) => {
    const rng = new CounterRng(42);
    const counts = [0, 0, 0];
    for (let draw = 0; draw < 4000; draw++) counts[sampleToken(logits, options, rng)]! += 1;
    return counts.map((count) => count / 4000);
  };

  test('follows softmax', () => {
    // Standard error below 0.008.
    const [a, b, c] = shares({ temperature: 1, topK: null });
    expect(a).toBeCloseTo(0.1, 1);
    expect(b).toBeCloseTo(0.6, 1);
    expect(c).toBeCloseTo(0.3, 1);
  });

  test('top-k drops the rest and shares out what they had', () => {
    const [a, b] = shares({ temperature: 1, topK: 2 });
    expect(a).toBe(0);
    expect(b).toBeCloseTo(2 / 3, 1);
    expect(shares({ temperature: 1, topK: 1 })).toEqual([0, 1, 0]);
    expect(shares({ temperature: 1, topK: 99 })[0]).toBeGreaterThan(0);
  });

  test('top-p keeps the fewest that make up the share, of what top-k left', () => {
    const nucleus = (topP: number, topK: number | null = null) =>
      shares({ temperature: 1, topK, topP }).map((share) => share > 0);
    expect(nucleus(1e-9)).toEqual([false, true, false]);
    expect(nucleus(0.59)).toEqual([false, true, false]);
    expect(nucleus(0.61)).toEqual([false, true, true]);
    expect(nucleus(0.91)).toEqual([true, true, true]);
    // 0.6 of 0.9 is 0.67.
    expect(nucleus(0.66, 2)).toEqual([false, true, false]);
    const [, b, c] = shares({ temperature: 1, topK: null, topP: 0.8 });
    expect(b).toBeCloseTo(2 / 3, 1);
    expect(c).toBeCloseTo(1 / 3, 1);
  });

  test('a low temperature takes the likeliest, a high one evens out', () => {
    expect(shares({ temperature: 0.01, topK: null })[1]).toBe(1);
    expect(shares({ temperature: 1000, topK: null })[0]).toBeCloseTo(1 / 3, 1);
  });

  test('the seed decides', () => {
    const draw = (seed: number) => {
      const rng = new CounterRng(seed);
      return Array.from({ length: 20 }, () =>
        sampleToken(logits, { temperature: 1, topK: null }, rng),
      );
    };
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  test('huge logits do not overflow', () => {
    expect(sampleToken([1e38, -1e38], { temperature: 1, topK: null }, new CounterRng(0))).toBe(0);
  });
});
