// log(sigmoid(x)) and its gradient in f64: the specification of the kernels.

export const referenceLogSigmoid = (x: ArrayLike<number>): Float64Array =>
  Float64Array.from(x, (value) => Math.min(value, 0) - Math.log1p(Math.exp(-Math.abs(value))));

/** d/dx of Σ y dy */
export const referenceLogSigmoidBackward = (
  x: ArrayLike<number>,
  dy: ArrayLike<number>,
): Float64Array => Float64Array.from(x, (value, i) => dy[i]! / (1 + Math.exp(value)));
