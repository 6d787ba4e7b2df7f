// Sizes and gates that the scans are tested and timed at.

import type { VisibilityLimits } from '../token-visibility/token-visibility.reference.ts';
import type { ScanDims } from './cumulative-log-gate.kernel.ts';

export interface ScanCase {
  readonly id: string;
  readonly dims: ScanDims;
  /** Typical log gate, nats. */
  readonly meanLogFgate: number;
  readonly limits?: VisibilityLimits;
}

/** B, T, H, mean log gate, padding and documents */
const sizes: readonly (readonly [number, number, number, number, VisibilityLimits?])[] = [
  [1, 1, 1, -0.7],
  [2, 63, 3, -0.7],
  [1, 64, 1, -1e-6],
  [1, 65, 2, -5],
  [2, 111, 2, -0.1, { seqStart: [0, 17] }],
  [3, 130, 1, -0.7, { seqStart: [130, 1, 129] }],
  [1, 111, 2, -0.7, { cuSeqlens: [0, 30, 30, 70, 100] }],
  [2, 65, 1, -0.1, { cuSeqlens: [0, 16, 65, 0, 1, 40], seqStart: [7, 0], windowSize: 9 }],
  [1, 1025, 5, -20],
  [1, 4096, 2, -0.01],
  [1, 3071, 1, -0.01],
];

export const scanCases: readonly ScanCase[] = sizes.map(
  ([batch, seqLen, numHeads, mean, limits]) => ({
    id: `B${batch}-T${seqLen}-H${numHeads}-f${mean}${Object.keys(limits ?? {})
      .map((name) => `-${name}`)
      .join('')}`,
    dims: { batch, seqLen, numHeads },
    meanLogFgate: mean,
    ...(limits && { limits }),
  }),
);
