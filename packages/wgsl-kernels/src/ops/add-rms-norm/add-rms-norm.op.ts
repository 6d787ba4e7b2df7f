// A residual sum and its RMSNorm in one pass over memory each way.

import {
  assertShape,
  type Device,
  defineOp,
  type ForwardContext,
  type Tensor,
} from '@vulpes/tensor-core';
import { assertDType, assertFloat, assertOut, type FloatType } from '../../lib/check.ts';
import { convert } from '../cast/index.ts';
import { weightGradient } from '../rms-norm/index.ts';
import {
  type AddRmsNormDims,
  addRmsNormBackward,
  addRmsNormForward,
} from './add-rms-norm.kernel.ts';

interface Attrs {
  readonly dims: AddRmsNormDims & {
    readonly dtypes: { readonly delta: FloatType; readonly normed: FloatType };
  };
  readonly eps: number;
}

interface Inputs {
  readonly residual: Tensor;
  readonly delta: Tensor;
  readonly weight: Tensor;
}

const addRmsNormOp = defineOp({
  name: 'add-rms-norm',
  forward({ device, inputs, attrs: { dims, eps } }: ForwardContext<Inputs, Attrs>) {
    const { shape } = inputs.residual;
    const sum = device.empty(shape, { label: 'residual sum' });
    const normed = device.empty(shape, { dtype: dims.dtypes.normed, label: 'rms-norm' });
    const rstd = device.empty([dims.rows], { label: 'rstd' });
    const launch = { ...dims, eps };
    const { kernel } = addRmsNormForward.choose(device.caps, launch);
    kernel.run(device, { dims: launch, tensors: { ...inputs, sum, normed, rstd } });
    return { output: { sum, normed }, saved: { sum, weight: inputs.weight, rstd } };
  },
  backward({ device, dOutput, saved, attrs: { dims }, needs, makeGradient, makePartialSums }) {
    const { sum: dsum, normed: dnormed } = dOutput;
    if (!dnormed) {
      const dx = dsum as Tensor;
      const weight = needs.weight ? makeGradient('weight') : null;
      if (weight) device.fillZero(weight);
      return { residual: dx, delta: convert(dx, dims.dtypes.delta), weight };
    }
    const makeSums = (parts: number) =>
      makePartialSums([{ input: 'weight', first: 0 }], { parts, width: dims.columns });
    const inputs = { ...saved, dsum, dnormed };
    return inputGradients(device, dims, inputs, needs.weight ? makeSums : null);
  },
});

interface BackwardInputs {
  readonly sum: Tensor;
  readonly weight: Tensor;
  readonly rstd: Tensor;
  readonly dnormed: Tensor;
  readonly dsum: Tensor | null;
}

/** One gradient for both, written twice where delta has another dtype; and sums for the weight beside it where those are asked for. */
function inputGradients(
  device: Device,
  dims: Attrs['dims'],
  inputs: BackwardInputs,
  makeSums: ((parts: number) => Tensor) | null,
): { residual: Tensor; delta: Tensor; weight: Tensor | null } {
  const { shape } = inputs.sum;
  const dtype = dims.dtypes.delta;
  const dx = device.empty(shape, { label: 'd residual' });
  const ddelta = dtype === 'f32' ? null : device.empty(shape, { dtype, label: 'd delta' });
  const { kernel, parts } = addRmsNormBackward.choose(device.caps, dims);
  const sums = makeSums && parts && makeSums(parts(dims));
  kernel.run(device, { dims, tensors: { ...inputs, dx, ddelta, partial_sums: sums } });
  const { sum: x, rstd, dnormed: dy } = inputs;
  const normDims = { ...dims, weightRows: 1, dtypes: { x: 'f32', y: dims.dtypes.normed } } as const;
  const weight = sums ?? (makeSums && weightGradient(device, normDims, { x, rstd, dy }, makeSums));
  return { residual: dx, delta: ddelta ?? dx, weight };
}

/**
 * sum = residual + delta, and normed = rmsNorm(sum, weight): the step from one part of a block to the next.
 * @param residual - [..., D], f32
 * @param delta - the same shape, f32 or f16
 * @param weight - [D], f32
 * @param options.out - dtype of normed, by default that of delta
 * @returns sum, f32, and normed, both in the shape of residual
 * @throws ShapeError DTypeError
 */
export function addRmsNorm(
  residual: Tensor,
  delta: Tensor,
  weight: Tensor,
  { eps, out = delta.dtype as FloatType }: { eps: number; out?: FloatType | undefined },
): { sum: Tensor; normed: Tensor } {
  const op = 'addRmsNorm';
  assertDType(op, 'residual', residual, 'f32');
  assertFloat(op, 'delta', delta);
  assertDType(op, 'weight', weight, 'f32');
  assertOut(op, out);
  assertShape(op, 'delta', delta, residual.shape);
  const columns = residual.shape.at(-1) ?? 1;
  assertShape(op, 'weight', weight, [columns]);
  const dtypes = { delta: delta.dtype as FloatType, normed: out };
  const dims = { rows: residual.size / columns, columns, dtypes };
  return addRmsNormOp({ residual, delta, weight }, { dims, eps });
}
