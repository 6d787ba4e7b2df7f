// Sizes that the padding mask is tested and timed at.

export interface MaskPaddingCase {
  readonly id: string;
  /** [B, T, ...] */
  readonly shape: readonly number[];
  readonly seqStart: readonly number[];
}

const sizes: readonly (readonly [number[], number[]])[] = [
  [[1, 1, 1], [1]],
  [[1, 63, 3], [0]],
  [
    [2, 65, 4],
    [17, 64],
  ],
  [
    [3, 111],
    [111, 1, 0],
  ],
  [
    [2, 16, 3, 8],
    [5, -3],
  ],
];

export const maskPaddingCases: readonly MaskPaddingCase[] = sizes.map(([shape, seqStart]) => ({
  id: `x${shape.join('-')}-start${seqStart.join('-')}`,
  shape,
  seqStart,
}));
