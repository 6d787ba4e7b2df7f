// RMSNorm over the last axis, with one weight row for all rows or one per head.

import {
  type Device,
  defineOp,
  type ForwardContext,
  formatShape,
  ShapeError,
  type Tensor,
} from '@vulpes/tensor-core';
import { assertDType, assertFloat, assertOut, type FloatType } from '../../lib/check.ts';
import { rowsPerPart } from '../sum-rows/sum-rows.kernel.ts';
import { sumRows } from '../sum-rows/sum-rows.ts';
import {
  type RmsNormDims,
  type RmsNormTypes,
  rmsNormBackward,
  rmsNormDweight,
  rmsNormForward,
} from './rms-norm.kernel.ts';

interface Attrs {
  readonly dims: RmsNormDims & RmsNormTypes;
  readonly eps: number;
}

const rmsNormOp = defineOp({
  name: 'rms-norm',
  forward({
    device,
    inputs: { x, weight },
    attrs: { dims, eps },
  }: ForwardContext<{ x: Tensor; weight: Tensor }, Attrs>) {
    const y = device.empty(x.shape, { dtype: dims.dtypes.y, label: 'rms-norm' });
    const rstd = device.empty([dims.rows], { label: 'rstd' });
    const launch = { ...dims, eps };
    const { kernel } = rmsNormForward.choose(device.caps, launch);
    kernel.run(device, { dims: launch, tensors: { x, weight, y, rstd } });
    return { output: y, saved: { x, weight, rstd } };
  },
  backward({ device, dOutput: dy, saved, attrs: { dims }, needs, makeGradient }) {
    const inputs = { ...saved, dy };
    const dWeight = needs.weight ? makeGradient('weight') : null;
    if (needs.x) return { x: inputGradient(device, dims, inputs, dWeight), weight: dWeight };
    return { x: null, weight: dWeight && weightGradient(device, dims, inputs, dWeight) };
  },
});

interface BackwardInputs {
  readonly x: Tensor;
  readonly weight: Tensor;
  readonly rstd: Tensor;
  readonly dy: Tensor;
}

/** dx, and dWeight beside it where that is asked for. */
function inputGradient(
  device: Device,
  dims: Attrs['dims'],
  inputs: BackwardInputs,
  dWeight: Tensor | null,
): Tensor {
  const { shape, dtype } = inputs.x;
  const dx = device.empty(shape, { dtype, label: 'd rms-norm' });
  const { kernel, parts } = rmsNormBackward.choose(device.caps, dims);
  const partial = dWeight && parts && emptySums(dWeight, parts(dims));
  kernel.run(device, { dims, tensors: { ...inputs, dx, partial_sums: partial } });
  if (partial) sumRows(partial, dWeight.size, dWeight);
  else if (dWeight) weightGradient(device, dims, inputs, dWeight);
  return dx;
}

/** For partial sums of the gradient of a weight. */
export const emptySums = ({ device, size }: Tensor, parts: number): Tensor =>
  device.empty([parts, size], { label: 'partial d weight' });

/** dWeight alone in two stages, the same bits every time: partial sums over stretches of rows, then their sum. */
export function weightGradient(
  device: Device,
  dims: Attrs['dims'],
  { x, rstd, dy }: Omit<BackwardInputs, 'weight'>,
  dWeight: Tensor,
): Tensor {
  const outerRows = dims.rows / dims.weightRows;
  const perPart = rowsPerPart(outerRows);
  const parts = Math.ceil(outerRows / perPart);
  const partial = emptySums(dWeight, parts);
  rmsNormDweight.run(device, {
    dims: { ...dims, parts, rowsPerPart: perPart },
    tensors: { x, rstd, dy, partial_sums: partial },
  });
  return sumRows(partial, dWeight.size, dWeight);
}

/**
 * x / sqrt(mean(x²) + eps) · weight, the mean over the last axis.
 * @param x - [..., D], f32 or f16; [..., G, D] for a weight per head
 * @param weight - f32, [D], or [G · D]: one row per head
 * @param options.out - dtype of the result, by default that of x
 * @throws ShapeError DTypeError
 */
export function rmsNorm(
  x: Tensor,
  weight: Tensor,
  { eps, out = x.dtype as FloatType }: { eps: number; out?: FloatType | undefined },
): Tensor {
  assertFloat('rmsNorm', 'x', x);
  assertOut('rmsNorm', out);
  assertDType('rmsNorm', 'weight', weight, 'f32');
  const columns = x.shape.at(-1) ?? 1;
  const weightRows = weight.size === columns ? 1 : (x.shape.at(-2) ?? 1);
  if (weight.shape.length !== 1 || weight.size !== weightRows * columns) {
    throw new ShapeError(
      `rmsNorm: expected weight [D] or [G * D] for x [..., G, D] = ${formatShape(x.shape)}, got ${formatShape(weight.shape)}. Reshape x so that its last axis is what is normalised.`,
    );
  }
  const dtypes = { x: x.dtype, y: out };
  const dims = { rows: x.size / columns, columns, weightRows, dtypes };
  return rmsNormOp({ x, weight }, { dims, eps });
}
