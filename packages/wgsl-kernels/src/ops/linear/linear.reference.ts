// The linear layer and its gradients in f64: the specification of the op.

type Numbers = ArrayLike<number>;

export interface LinearSizes {
  readonly rows: number;
  readonly inputs: number;
  readonly outputs: number;
}

/** y [rows, outputs] = x [rows, inputs] weight [outputs, inputs]ᵀ + bias [outputs] */
export function referenceLinear(
  { rows, inputs, outputs }: LinearSizes,
  x: Numbers,
  weight: Numbers,
  bias?: Numbers,
): Float64Array {
  const y = new Float64Array(rows * outputs);
  for (let r = 0; r < rows; r++)
    for (let o = 0; o < outputs; o++) {
      let sum = bias ? bias[o]! : 0;
      for (let i = 0; i < inputs; i++) sum += x[r * inputs + i]! * weight[o * inputs + i]!;
      y[r * outputs + o] = sum;
    }
  return y;
}

/** d of Σ y dy */
export function referenceLinearBackward(
  { rows, inputs, outputs }: LinearSizes,
  x: Numbers,
  weight: Numbers,
  dy: Numbers,
): { dx: Float64Array; dweight: Float64Array; dbias: Float64Array } {
  const dx = new Float64Array(rows * inputs);
  const dweight = new Float64Array(outputs * inputs);
  const dbias = new Float64Array(outputs);
  for (let r = 0; r < rows; r++)
    for (let o = 0; o < outputs; o++) {
      const g = dy[r * outputs + o]!;
      dbias[o]! += g;
      for (let i = 0; i < inputs; i++) {
        dx[r * inputs + i]! += g * weight[o * inputs + i]!;
        dweight[o * inputs + i]! += g * x[r * inputs + i]!;
      }
    }
  return { dx, dweight, dbias };
}
