// What a peer's result is held to.

import { expect, test } from 'vitest';
import { deviation } from './deviation.ts';

test('a result that is not ours has no time', () => {
  const ours = { c: Float32Array.of(1, 2, 3) };
  expect(deviation({ c: Float32Array.of(1, 2, 3) }, ours, { bound: 1e-5 })).toBe(
    'result equal to ours',
  );
  expect(() => deviation({ c: Float32Array.of(1, 2, 3.1) }, ours, { bound: 1e-3 })).toThrow(
    'its result is not ours, so it was not timed: c is off',
  );
  expect(() => deviation({}, ours, { bound: 1 })).toThrow('c is not comparable');
});

test('losses are held to a difference, NaN fails', () => {
  const ours = { losses: Float32Array.of(5, 4) };
  const close = { losses: Float32Array.of(5, 4.0005) };
  expect(deviation(close, ours, { bound: 1e-3 })).toMatch(/^losses 5\.0e-4 from ours$/);
  expect(() => deviation(close, ours, { bound: 1e-4 })).toThrow('losses 5, 4.0005');
  expect(() => deviation({ losses: Float32Array.of(5) }, ours, { bound: 1 })).toThrow('not ours');
});
