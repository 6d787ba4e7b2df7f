// Sizes that the RMSNorm kernels are tested and timed at.

import type { RmsNormDims } from './rms-norm.kernel.ts';

export interface RmsNormCase {
  readonly id: string;
  readonly dims: RmsNormDims;
  readonly eps: number;
}

/** rows, D, G, eps */
const sizes: readonly (readonly [number, number, number, number?])[] = [
  // With D = 1 the gradient is what eps leaves of it: a small eps would test rounding only.
  [1, 1, 1, 0.5],
  [1, 768, 1],
  [63, 64, 1],
  [65, 63, 1],
  [111, 36, 1],
  [111 * 3, 64, 3],
  [16 * 12, 17, 4],
  [67, 772, 1],
  [2100, 16, 1],
];

export const rmsNormCases: readonly RmsNormCase[] = sizes.map(
  ([rows, columns, weightRows, eps]) => ({
    id: `N${rows}-D${columns}-G${weightRows}`,
    dims: { rows, columns, weightRows },
    eps: eps ?? 1e-6,
  }),
);
