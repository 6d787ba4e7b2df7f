// AdamW in f64: the specification of the kernel.

export interface AdamwSettings {
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly step: number;
}

export interface AdamwVariables {
  readonly param: Float64Array;
  readonly m: Float64Array;
  readonly v: Float64Array;
}

/** One update, in place. `clip` multiplies the gradient. */
export function referenceAdamwStep(
  { param, m, v }: AdamwVariables,
  grad: ArrayLike<number>,
  { learningRate, weightDecay, beta1, beta2, epsilon, step }: AdamwSettings,
  clip = 1,
): void {
  for (let i = 0; i < param.length; i++) {
    const g = clip * grad[i]!;
    param[i]! *= 1 - learningRate * weightDecay;
    m[i] = beta1 * m[i]! + (1 - beta1) * g;
    v[i] = beta2 * v[i]! + (1 - beta2) * g * g;
    const mean = m[i]! / (1 - beta1 ** step);
    const square = v[i]! / (1 - beta2 ** step);
    param[i]! -= (learningRate * mean) / (Math.sqrt(square) + epsilon);
  }
}
