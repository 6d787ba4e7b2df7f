// How far results are from the reference.

type Numbers = ArrayLike<number>;

/** RMS(actual − expected) / RMS(expected), in f64; NaN anywhere gives NaN. An all-zero reference gives the plain RMS error. */
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
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs((actual[i] as number) - (expected[i] as number));
    if (!(error <= largest)) largest = error;
  }
  return largest;
}
