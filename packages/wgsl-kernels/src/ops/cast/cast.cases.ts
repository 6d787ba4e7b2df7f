// Values whose rounding to f16 is easy to get wrong, and lengths around a word and a workgroup.

const EDGES = [0, 1, 1 / 3, 2049, 2051, 65504, 65519, 65520, 1e6, Number.POSITIVE_INFINITY];
/** Around the smallest normal value 2^-14, the smallest subnormal 2^-24, and half of it. */
const SMALL = [14, 15, 24, 25, 26].flatMap((power) =>
  [0.75, 0.99, 1, 1.0004, 1.25, 1.5].map((factor) => factor * 2 ** -power),
);

export const castValues: readonly number[] = [...EDGES, ...SMALL].flatMap((x) => [x, -x]);

export const castLengths = [1, 2, 63, 111, 130] as const;
