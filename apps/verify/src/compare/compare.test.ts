// The comparison logic: what holds, what breaks, and that not-a-number never holds.

import { describe, expect, test } from 'vitest';
import { holds, relativeCheck, rmsCheck, worstOf } from './check.ts';
import {
  countDifferences,
  largestRowDistance,
  largestRowNorm,
  relativeError,
  rmsErrorRatio,
} from './metrics.ts';

const expected = [3, 4, 0, 0];

describe('metrics', () => {
  test('RMS error ratio', () => {
    expect(rmsErrorRatio(expected, expected)).toBe(0);
    expect(rmsErrorRatio(expected, [3, 4, 0, 0.5])).toBeCloseTo(0.1, 12);
    expect(rmsErrorRatio([0, 0], [0.3, 0.4])).toBeCloseTo(Math.sqrt(0.125), 12);
  });

  test.each([
    ['NaN in the results', [3, 4, Number.NaN, 0]],
    ['too few elements', [3, 4, 0]],
    ['too many elements', [3, 4, 0, 0, 0]],
  ])('%s is not a number', (_, actual) => {
    expect(rmsErrorRatio(expected, actual)).toBeNaN();
    expect(relativeError(expected, actual)).toBeNaN();
    expect(holds(rmsCheck('x', { expected, actual, bound: 1e9 }))).toBe(false);
    expect(holds(relativeCheck('x', { expected, actual, bound: 1e9 }))).toBe(false);
  });

  test('nothing to compare is not a number', () => {
    expect(rmsErrorRatio([], [])).toBeNaN();
    expect(relativeError([], [])).toBeNaN();
  });

  test('an infinite result breaks every bound', () => {
    const check = rmsCheck('x', { expected, actual: [3, Infinity, 0, 0], bound: 1e30 });
    expect(holds(check)).toBe(false);
  });

  test('largest relative error', () => {
    expect(relativeError([-2, 10, 0], [-2.2, 10, 0.01])).toBeCloseTo(0.1, 12);
  });

  test('differences are counted, a missing tail whole', () => {
    expect(countDifferences([0, 64, 128], [0, 64, 192])).toBe(1);
    expect(countDifferences([0, 64, 128], [0, 64])).toBe(3);
    expect(countDifferences([0], [Number.NaN])).toBe(1);
  });

  test('rows', () => {
    expect(largestRowNorm([1, 0, 3, 4], 2)).toBe(5);
    expect(largestRowDistance([1, 1, 0, 0], [1, 1, 3, 4], 2)).toBe(5);
    expect(largestRowDistance([1, 1], [1, Number.NaN], 2)).toBeNaN();
    expect(largestRowDistance([1, 1], [1], 2)).toBeNaN();
  });
});

describe('worst of several', () => {
  const part = (name: string, error: number) => ({ name, error, bound: 1e-3, measure: 'RMS' });

  test('takes the largest share of its bound', () => {
    const check = worstOf('grads', 'parameters', [part('a', 1e-5), part('b', 2e-3), part('c', 0)]);
    expect(check).toMatchObject({ error: 2e-3, measure: 'RMS, worst of 3 parameters: b' });
    expect(holds(check)).toBe(false);
  });

  test('NaN is worse than any number, wherever it stands', () => {
    for (const order of [
      [Number.NaN, 5],
      [5, Number.NaN],
    ] as const) {
      const check = worstOf(
        'grads',
        'parameters',
        order.map((error) => part('p', error)),
      );
      expect(check.error).toBeNaN();
      expect(holds(check)).toBe(false);
    }
  });
});
