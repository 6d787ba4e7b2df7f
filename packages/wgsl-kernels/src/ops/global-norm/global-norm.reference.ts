// Global norm and clip coefficient in f64: the specification of the kernels.

type Numbers = ArrayLike<number>;

export const referenceGlobalNorm = (tensors: readonly Numbers[]): number =>
  Math.sqrt(
    tensors.reduce(
      (sum, tensor) => Array.from(tensor).reduce((total, value) => total + value * value, sum),
      0,
    ),
  );

export const referenceClipCoefficient = (norm: number, maxNorm: number): number =>
  Math.min(1, maxNorm / (norm + 1e-6));
