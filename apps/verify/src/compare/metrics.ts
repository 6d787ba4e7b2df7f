// How far results are from the reference, in f64; whatever is not a number stays NaN and so breaks every bound.

type Numbers = ArrayLike<number>;

/** RMS(actual − expected) / RMS(expected). An all-zero reference gives the plain RMS error, different lengths NaN. */
export function rmsErrorRatio(expected: Numbers, actual: Numbers): number {
  if (expected.length !== actual.length || expected.length === 0) return Number.NaN;
  let [error, reference] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    const [want, got] = [expected[i] as number, actual[i] as number];
    error += (got - want) ** 2;
    reference += want ** 2;
  }
  return Math.sqrt(reference === 0 ? error / expected.length : error / reference);
}

/** The largest of |error(i)|; NaN as soon as one is. */
export function largest(count: number, error: (index: number) => number): number {
  let result = 0;
  for (let i = 0; i < count; i++) {
    const value = Math.abs(error(i));
    if (Number.isNaN(value)) return Number.NaN;
    if (value > result) result = value;
  }
  return result;
}

/** max |actual − expected| / |expected| where expected is not 0, else / 1. */
export function relativeError(expected: Numbers, actual: Numbers): number {
  if (expected.length !== actual.length || expected.length === 0) return Number.NaN;
  return largest(expected.length, (i) => {
    const want = expected[i] as number;
    return ((actual[i] as number) - want) / (want === 0 ? 1 : want);
  });
}

/** How many elements differ; all of the longer one where the lengths do. */
export function countDifferences(expected: Numbers, actual: Numbers): number {
  if (expected.length !== actual.length) return Math.max(expected.length, actual.length);
  let count = 0;
  for (let i = 0; i < expected.length; i++) if (expected[i] !== actual[i]) count++;
  return count;
}

/** Largest Euclidean norm of the rows of width `width`. */
export function largestRowNorm(values: Numbers, width: number): number {
  return largest(values.length / width, (row) => {
    let sum = 0;
    for (let d = 0; d < width; d++) sum += (values[row * width + d] as number) ** 2;
    return Math.sqrt(sum);
  });
}

/** Largest Euclidean distance between rows of width `width`. */
export function largestRowDistance(expected: Numbers, actual: Numbers, width: number): number {
  if (expected.length !== actual.length) return Number.NaN;
  const difference = Float64Array.from(
    { length: expected.length },
    (_, i) => (actual[i] as number) - (expected[i] as number),
  );
  return largestRowNorm(difference, width);
}
