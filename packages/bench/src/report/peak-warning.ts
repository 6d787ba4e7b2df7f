// A share of the arithmetic peak above 1 means that the measured peak is too low: the report says so.

import type { BenchReport } from '../schema.ts';
import { counted } from './format.ts';

/** Empty where no variant is above the peak. */
export function peakWarning({ cases }: Pick<BenchReport, 'cases'>): string {
  const above = cases
    .flatMap(({ variants }) => variants.map(({ timing }) => timing?.shares?.ofPeak ?? 0))
    .filter((ofPeak) => ofPeak > 1);
  if (above.length === 0) return '';
  const largest = (100 * Math.max(...above)).toFixed(0);
  const are = above.length === 1 ? 'is' : 'are';
  return `${counted(above.length, 'variant')} ${are} above the measured peak (up to ${largest} % of it): the peak is too low on this adapter, so every share of it is too high.`;
}
