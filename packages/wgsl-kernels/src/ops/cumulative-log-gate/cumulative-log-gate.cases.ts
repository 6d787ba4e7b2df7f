// Sizes and gates that the scans are tested and timed at.

import type { ScanDims } from './cumulative-log-gate.kernel.ts';

export interface ScanCase {
  readonly id: string;
  readonly dims: ScanDims;
  /** Typical log gate, nats. */
  readonly meanLogFgate: number;
  readonly seqStart?: readonly number[];
}

/** B, T, H, mean log gate, seqStart */
const sizes: readonly (readonly [number, number, number, number, number[]?])[] = [
  [1, 1, 1, -0.7],
  [2, 63, 3, -0.7],
  [1, 64, 1, -1e-6],
  [1, 65, 2, -5],
  [2, 111, 2, -0.1, [0, 17]],
  [3, 130, 1, -0.7, [130, 1, 129]],
  [1, 1025, 5, -20],
  [1, 4096, 2, -0.01],
];

export const scanCases: readonly ScanCase[] = sizes.map(
  ([batch, seqLen, numHeads, mean, start]) => ({
    id: `B${batch}-T${seqLen}-H${numHeads}-f${mean}${start ? '-pad' : ''}`,
    dims: { batch, seqLen, numHeads },
    meanLogFgate: mean,
    ...(start && { seqStart: start }),
  }),
);
