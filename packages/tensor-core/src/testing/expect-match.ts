// The assertion of tests against a reference: RMS error ratio within a bound that the case states.

import { expect } from 'vitest';
import { maxAbsError, rmsErrorRatio } from './metrics.ts';

/** Fails unless `actual` is within `bound` (RMS error ratio) of `expected`; NaN fails. */
export function expectMatch(
  name: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  bound: number,
): void {
  expect(actual.length, `${name}: length`).toBe(expected.length);
  const ratio = rmsErrorRatio(expected, actual);
  const detail = `${name}: RMS error ratio ${ratio.toExponential(2)} (bound ${bound}), max abs error ${maxAbsError(expected, actual).toExponential(2)}`;
  expect(ratio <= bound, detail).toBe(true);
}
