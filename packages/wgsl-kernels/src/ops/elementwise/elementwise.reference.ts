// Elementwise arithmetic in f64: the specification of the kernels.

type Numbers = ArrayLike<number>;

/** a + b; the gradient passes through to both. */
export const referenceAdd = (a: Numbers, b: Numbers): Float64Array =>
  Float64Array.from(a, (value, i) => value + b[i]!);

/** factor * x; also its own backward, with dy for x. */
export const referenceScale = (x: Numbers, factor: number): Float64Array =>
  Float64Array.from(x, (value) => factor * value);

/** y + factor * x */
export const referenceAccumulate = (y: Numbers, x: Numbers, factor: number): Float64Array =>
  Float64Array.from(y, (value, i) => value + factor * x[i]!);
