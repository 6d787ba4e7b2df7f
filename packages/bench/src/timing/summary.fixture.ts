// A summary for tests: no two of its numbers are the same, so that a swapped one shows.

import type { Summary } from '../schema.ts';

/** 20 runs; p10, p90 and min are 0.9, 1.2 and 0.8 of the median where `other` does not say. */
export const summary = (median: number, other: Partial<Summary> = {}): Summary => ({
  runs: 20,
  median,
  p10: 0.9 * median,
  p90: 1.2 * median,
  min: 0.8 * median,
  ...other,
});
