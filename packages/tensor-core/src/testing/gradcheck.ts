// Holds a hand-written f64 backward against central finite differences of its forward.

type Inputs = Readonly<Record<string, Float64Array>>;

export interface GradcheckOptions<I extends Inputs> {
  inputs: I;
  /** Scalar loss, f64. */
  forward(inputs: I): number;
  /** Gradient of the loss by input name; inputs left out are not checked. */
  backward(inputs: I): { readonly [name in keyof I]?: ArrayLike<number> };
  /** Step of the difference. Default 1e-5: error about 1e-10 in f64 for smooth functions of size 1. */
  step?: number;
}

/** Largest |analytic − numeric| / (1e-3 + |numeric| + |analytic|) over all elements; about 1e-6 or less when right. */
export function gradcheck<I extends Inputs>({
  inputs,
  forward,
  backward,
  step = 1e-5,
}: GradcheckOptions<I>): number {
  let worst = 0;
  const gradients = backward(inputs);
  for (const [name, gradient] of Object.entries(gradients)) {
    const values = inputs[name];
    if (!values || !gradient) continue;
    for (let i = 0; i < values.length; i++) {
      const numeric = centralDifference(values, i, step, () => forward(inputs));
      const analytic = gradient[i] ?? Number.NaN;
      const error = Math.abs(analytic - numeric) / (1e-3 + Math.abs(numeric) + Math.abs(analytic));
      if (!(error <= worst)) worst = error;
    }
  }
  return worst;
}

function centralDifference(
  values: Float64Array,
  index: number,
  step: number,
  loss: () => number,
): number {
  const original = values[index] as number;
  values[index] = original + step;
  const above = loss();
  values[index] = original - step;
  const below = loss();
  values[index] = original;
  return (above - below) / (2 * step);
}
