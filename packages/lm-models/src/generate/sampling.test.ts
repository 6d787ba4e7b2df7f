// Drawing tokens from logits.

import { CounterRng } from '@vulpes/tensor-core';
import { describe, expect, test } from 'vitest';
import { argmax, sampleToken } from './sampling.ts';

test('argmax takes the first of equals', () => {
  expect(argmax([1, 3, 3, 2])).toBe(1);
  expect(argmax([-5])).toBe(0);
});

describe('sampling', () => {
  const logits = [Math.log(0.1), Math.log(0.6), Math.log(0.3)];
  const shares = (options: { temperature: number; topK: number | null }) => {
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
