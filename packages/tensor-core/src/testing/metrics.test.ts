// The metrics: known values, and that NaN and other lengths never count as near.

import { expect, test } from 'vitest';
import {
  countDifferences,
  maxAbsError,
  maxRelativeError,
  maxRowDistance,
  maxRowNorm,
  rmsErrorRatio,
} from './metrics.ts';

const expected = [3, 4, 0, 0];

test('known values', () => {
  expect(rmsErrorRatio(expected, expected)).toBe(0);
  expect(rmsErrorRatio(expected, [3, 4, 0, 0.5])).toBeCloseTo(0.1, 12);
  expect(rmsErrorRatio([0, 0], [0.3, 0.4])).toBeCloseTo(Math.sqrt(0.125), 12);
  expect(maxAbsError(expected, [3, 2, 0, 1])).toBe(2);
  expect(maxRelativeError([-2, 10, 0], [-2.2, 10, 0.01])).toBeCloseTo(0.1, 12);
  expect(maxRowNorm([1, 0, 3, 4], 2)).toBe(5);
  expect(maxRowDistance([1, 1, 0, 0], [1, 1, 3, 4], 2)).toBe(5);
  expect(countDifferences([0, 64, 128], [0, 64, 192])).toBe(1);
  expect(countDifferences([0], [Number.NaN])).toBe(1);
});

test.each([
  ['NaN first', [Number.NaN, 4, 9, 0]],
  ['NaN last', [3, 9, 0, Number.NaN]],
  ['too few elements', [3, 4, 0]],
  ['too many elements', [3, 4, 0, 0, 0]],
])('%s gives NaN', (_, actual) => {
  for (const metric of [rmsErrorRatio, maxAbsError, maxRelativeError]) {
    expect(metric(expected, actual)).toBeNaN();
  }
  expect(maxRowDistance(expected, actual, 1)).toBeNaN();
  expect(countDifferences(expected, actual)).toBeGreaterThan(0);
});

test('nothing to compare gives NaN', () => {
  expect(rmsErrorRatio([], [])).toBeNaN();
  expect(maxRelativeError([], [])).toBeNaN();
});
