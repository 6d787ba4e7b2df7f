// RMSNorm, with and without an output gate behind it, and the gradients in f64: the specification of the kernels.

import type { GateActivation } from '../output-gate/output-gate.kernel.ts';
import {
  referenceOutputGate,
  referenceOutputGateBackward,
} from '../output-gate/output-gate.reference.ts';
import type { RmsNormDims } from './rms-norm.kernel.ts';

type Numbers = ArrayLike<number>;

interface Inputs {
  /** [rows, D] */
  readonly x: Numbers;
  /** [G, D] */
  readonly weight: Numbers;
  readonly eps: number;
}

/** y [rows, D] */
export function referenceRmsNorm(dims: RmsNormDims, { x, weight, eps }: Inputs): Float64Array {
  const { rows, columns, weightRows } = dims;
  const y = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const rstd = referenceRstd(dims, x, row, eps);
    for (let c = 0; c < columns; c++) {
      const i = row * columns + c;
      y[i] = x[i]! * rstd * weight[(row % weightRows) * columns + c]!;
    }
  }
  return y;
}

/** Gradients of Σ y dy: dx [rows, D], dweight [G, D]. */
export function referenceRmsNormBackward(
  dims: RmsNormDims,
  { x, weight, eps }: Inputs,
  dy: Numbers,
): { dx: Float64Array; dweight: Float64Array } {
  const { rows, columns, weightRows } = dims;
  const dx = new Float64Array(rows * columns);
  const dweight = new Float64Array(weightRows * columns);
  for (let row = 0; row < rows; row++) {
    const rstd = referenceRstd(dims, x, row, eps);
    const [o_x, o_weight] = [row * columns, (row % weightRows) * columns];
    let mean = 0;
    for (let c = 0; c < columns; c++) {
      mean += (dy[o_x + c]! * weight[o_weight + c]! * x[o_x + c]!) / columns;
      dweight[o_weight + c]! += dy[o_x + c]! * x[o_x + c]! * rstd;
    }
    for (let c = 0; c < columns; c++) {
      const direct = dy[o_x + c]! * weight[o_weight + c]!;
      dx[o_x + c] = rstd * (direct - x[o_x + c]! * rstd ** 2 * mean);
    }
  }
  return { dx, dweight };
}

interface GatedInputs extends Inputs {
  /** [rows, D] */
  readonly gate: Numbers;
  readonly activation: GateActivation;
}

/** rmsNorm(x, weight) · act(gate), [rows, D] */
export const referenceGatedRmsNorm = (dims: RmsNormDims, inputs: GatedInputs): Float64Array =>
  referenceOutputGate(inputs.activation, referenceRmsNorm(dims, inputs), inputs.gate);

/** Gradients of Σ y dy: dx and dgate [rows, D], dweight [G, D]. */
export function referenceGatedRmsNormBackward(
  dims: RmsNormDims,
  inputs: GatedInputs,
  dy: Numbers,
): { dx: Float64Array; dweight: Float64Array; dgate: Float64Array } {
  const normed = referenceRmsNorm(dims, inputs);
  const gated = referenceOutputGateBackward(inputs.activation, normed, inputs.gate, dy);
  return { ...referenceRmsNormBackward(dims, inputs, gated.do), dgate: gated.dgate };
}

function referenceRstd({ columns }: RmsNormDims, x: Numbers, row: number, eps: number): number {
  let mean = 0;
  for (let c = 0; c < columns; c++) mean += x[row * columns + c]! ** 2 / columns;
  return 1 / Math.sqrt(mean + eps);
}
