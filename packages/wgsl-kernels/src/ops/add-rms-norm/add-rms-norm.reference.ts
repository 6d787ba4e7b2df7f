// A sum and its RMSNorm in f64: the specification of the kernels.

import { referenceAdd } from '../elementwise/elementwise.reference.ts';
import { referenceRmsNorm, referenceRmsNormBackward } from '../rms-norm/rms-norm.reference.ts';
import type { AddRmsNormDims } from './add-rms-norm.kernel.ts';

type Numbers = ArrayLike<number>;

interface Inputs {
  /** [rows, D] */
  readonly residual: Numbers;
  /** [rows, D] */
  readonly delta: Numbers;
  /** [D] */
  readonly weight: Numbers;
  readonly eps: number;
}

/** sum and normed, [rows, D] */
export function referenceAddRmsNorm(
  dims: AddRmsNormDims,
  { residual, delta, weight, eps }: Inputs,
): { sum: Float64Array; normed: Float64Array } {
  const sum = referenceAdd(residual, delta);
  return { sum, normed: referenceRmsNorm({ ...dims, weightRows: 1 }, { x: sum, weight, eps }) };
}

/** Gradients of Σ sum dSum + Σ normed dNormed: dx [rows, D], that of residual and of delta; dweight [D]. */
export function referenceAddRmsNormBackward(
  dims: AddRmsNormDims,
  { residual, delta, weight, eps }: Inputs,
  { dSum, dNormed }: { readonly dSum: Numbers; readonly dNormed: Numbers },
): { dx: Float64Array; dweight: Float64Array } {
  const inputs = { x: referenceAdd(residual, delta), weight, eps };
  const { dx, dweight } = referenceRmsNormBackward({ ...dims, weightRows: 1 }, inputs, dNormed);
  return { dx: referenceAdd(dx, dSum), dweight };
}
