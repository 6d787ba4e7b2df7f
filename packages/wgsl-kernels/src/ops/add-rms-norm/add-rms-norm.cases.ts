// Sizes that the sum with its norm is tested at.

import type { AddRmsNormDims } from './add-rms-norm.kernel.ts';

export interface AddRmsNormCase {
  readonly id: string;
  readonly dims: AddRmsNormDims;
  readonly eps: number;
}

/** rows, D, eps */
const sizes: readonly (readonly [number, number, number?])[] = [
  // With D = 1 the gradient is what eps leaves of it: a small eps would test rounding only.
  [1, 1, 0.5],
  [1, 768],
  [65, 63],
  [111, 36],
  [67, 772],
  [2100, 16],
];

export const addRmsNormCases: readonly AddRmsNormCase[] = sizes.map(([rows, columns, eps]) => ({
  id: `N${rows}-D${columns}`,
  dims: { rows, columns },
  eps: eps ?? 1e-6,
}));
