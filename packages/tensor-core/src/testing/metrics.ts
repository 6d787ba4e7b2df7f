// How far results are from a reference, in f64. NaN anywhere, or other lengths, give NaN, which is within no bound.

type Numbers = ArrayLike<number>;

/** RMS(actual − expected) / RMS(expected); the plain RMS error where the reference is all zero. */
export function rmsErrorRatio(expected: Numbers, actual: Numbers): number {
  if (expected.length !== actual.length) return Number.NaN;
  let [error, reference] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    const [want, got] = [expected[i] as number, actual[i] as number];
    error += (got - want) ** 2;
    reference += want ** 2;
  }
  return Math.sqrt(reference === 0 ? error / expected.length : error / reference);
}

export function maxAbsError(expected: Numbers, actual: Numbers): number {
  if (expected.length !== actual.length) return Number.NaN;
  return maxAbs(expected.length, (i) => (actual[i] as number) - (expected[i] as number));
}

/** max |actual − expected| / |expected|, where expected is 0 max |actual|. NaN for no elements. */
export function maxRelativeError(expected: Numbers, actual: Numbers): number {
  if (expected.length !== actual.length || expected.length === 0) return Number.NaN;
  return maxAbs(expected.length, (i) => {
    const want = expected[i] as number;
    return ((actual[i] as number) - want) / (want === 0 ? 1 : want);
  });
}

/** Largest |value(i)|, i = 0 … count − 1. */
export function maxAbs(count: number, value: (index: number) => number): number {
  let max = 0;
  for (let i = 0; i < count; i++) max = Math.max(max, Math.abs(value(i))); // NaN stays
  return max;
}

/** Largest Euclidean norm of rows of `width` values. */
export function maxRowNorm(values: Numbers, width: number): number {
  return maxAbs(values.length / width, (row) => {
    let sum = 0;
    for (let d = 0; d < width; d++) sum += (values[row * width + d] as number) ** 2;
    return Math.sqrt(sum);
  });
}

/** Largest Euclidean distance between rows of `width` values. */
export function maxRowDistance(expected: Numbers, actual: Numbers, width: number): number {
  if (expected.length !== actual.length) return Number.NaN;
  const difference = Float64Array.from(
    { length: expected.length },
    (_, i) => (actual[i] as number) - (expected[i] as number),
  );
  return maxRowNorm(difference, width);
}

/** How many elements differ; all of the longer one where the lengths do. */
export function countDifferences(expected: Numbers, actual: Numbers): number {
  if (expected.length !== actual.length) return Math.max(expected.length, actual.length);
  let count = 0;
  for (let i = 0; i < expected.length; i++) if (expected[i] !== actual[i]) count++;
  return count;
}
