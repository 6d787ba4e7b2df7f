// The global norm in f64: the specification of the kernels.

type Numbers = ArrayLike<number>;

export const referenceGlobalNorm = (tensors: readonly Numbers[]): number =>
  Math.sqrt(
    tensors.reduce(
      (sum, tensor) => Array.from(tensor).reduce((total, value) => total + value * value, sum),
      0,
    ),
  );
