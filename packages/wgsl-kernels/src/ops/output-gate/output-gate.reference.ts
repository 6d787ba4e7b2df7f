// The output gate and its gradients in f64: the specification of the kernels.

import type { GateActivation } from './output-gate.kernel.ts';

type Numbers = ArrayLike<number>;

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

export const referenceOutputGate = (
  activation: GateActivation,
  o: Numbers,
  gate: Numbers,
): Float64Array =>
  Float64Array.from(o, (value, i) => {
    const g = gate[i]!;
    return value * (activation === 'silu' ? g * sigmoid(g) : sigmoid(g));
  });

/** Gradients of Σ y dy. */
export function referenceOutputGateBackward(
  activation: GateActivation,
  o: Numbers,
  gate: Numbers,
  dy: Numbers,
): { do: Float64Array; dgate: Float64Array } {
  const slope = (g: number) => {
    const s = sigmoid(g);
    return activation === 'silu' ? s * (1 + g * (1 - s)) : s * (1 - s);
  };
  return {
    do: referenceOutputGate(activation, dy, gate),
    dgate: Float64Array.from(o, (value, i) => dy[i]! * value * slope(gate[i]!)),
  };
}
