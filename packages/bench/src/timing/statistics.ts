// Order statistics of repeated measurements.

import { ArgumentError } from '@vulpes/tensor-core';
import type { Summary } from '../schema.ts';

/** Quantile by linear interpolation between the two nearest ranks (R's type 7). @throws ArgumentError on no samples, or a NaN among them. */
export function quantile(samples: readonly number[], fraction: number): number {
  if (samples.length === 0 || samples.some(Number.isNaN)) {
    throw new ArgumentError(
      `quantile: expected at least one sample and no NaN, got [${samples.join(', ')}].`,
    );
  }
  const sorted = [...samples].sort((a, b) => a - b);
  const rank = fraction * (sorted.length - 1);
  const below = sorted[Math.floor(rank)] as number;
  const above = sorted[Math.ceil(rank)] as number;
  return below + (above - below) * (rank - Math.floor(rank));
}

/** @throws ArgumentError on no samples, or a NaN among them */
export function summarize(samples: readonly number[]): Summary {
  return {
    runs: samples.length,
    median: quantile(samples, 0.5),
    p10: quantile(samples, 0.1),
    p90: quantile(samples, 0.9),
    min: quantile(samples, 0),
  };
}
