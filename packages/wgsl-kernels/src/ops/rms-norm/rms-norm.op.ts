// RMSNorm over the last axis, with one weight row for all rows or one per head.

import {
  type Device,
  defineOp,
  type ForwardContext,
  formatShape,
  reshape,
  ShapeError,
  type Tensor,
} from '@vulpes/tensor-core';
import { assertDType, assertFloat, assertOut, type FloatType } from '../../lib/check.ts';
import type { GateActivation } from '../output-gate/output-gate.kernel.ts';
import { assertActivation } from '../output-gate/output-gate.op.ts';
import { rowsPerPart } from '../sum-rows/sum-rows.kernel.ts';
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

interface OpInputs {
  readonly x: Tensor;
  readonly weight: Tensor;
  readonly gate?: Tensor | undefined;
}

const rmsNormOp = defineOp({
  name: 'rms-norm',
  forward({
    device,
    inputs: { x, weight, gate },
    attrs: { dims, eps },
  }: ForwardContext<OpInputs, Attrs>) {
    const y = device.empty(x.shape, { dtype: dims.dtypes.y, label: 'rms-norm' });
    const rstd = device.empty([dims.rows], { label: 'rstd' });
    const launch = { ...dims, eps };
    const { kernel } = rmsNormForward.choose(device.caps, launch);
    kernel.run(device, { dims: launch, tensors: { x, weight, gate, y, rstd } });
    return { output: y, saved: { x, weight, gate, rstd } };
  },
  backward({ device, dOutput: dy, saved, attrs: { dims }, needs, makePartialSums }) {
    const inputs = { ...saved, dy };
    const makeSums = (parts: number) =>
      makePartialSums([{ input: 'weight', first: 0 }], { parts, width: saved.weight.size });
    if (!(needs.x || needs.gate)) {
      return { x: null, weight: weightGradient(device, dims, inputs, makeSums), gate: null };
    }
    return inputGradients(device, dims, inputs, needs.weight ? makeSums : null);
  },
});

interface BackwardInputs extends OpInputs {
  readonly rstd: Tensor;
  readonly dy: Tensor;
}

/** Makes room for partial sums of the gradient of a weight, [parts, G · D]. */
type MakeSums = (parts: number) => Tensor;

/** dx and dgate, and sums for the weight beside them where those are asked for. */
function inputGradients(
  device: Device,
  dims: Attrs['dims'],
  inputs: BackwardInputs,
  makeSums: MakeSums | null,
): { x: Tensor; gate: Tensor | null; weight: Tensor | null } {
  const { x, gate } = inputs;
  const dx = device.empty(x.shape, { dtype: x.dtype, label: 'd rms-norm' });
  const dgate = gate ? device.empty(gate.shape, { dtype: gate.dtype, label: 'd gate' }) : null;
  const { kernel, parts } = rmsNormBackward.choose(device.caps, dims);
  const sums = makeSums && parts && makeSums(parts(dims));
  kernel.run(device, { dims, tensors: { ...inputs, dx, dgate, partial_sums: sums } });
  const weight = sums ?? (makeSums && weightGradient(device, dims, inputs, makeSums));
  return { x: dx, gate: dgate, weight };
}

/** Partial sums over stretches of rows, in a launch of their own. */
export function weightGradient(
  device: Device,
  dims: Attrs['dims'],
  { x, rstd, dy, gate }: Omit<BackwardInputs, 'weight'>,
  makeSums: MakeSums,
): Tensor {
  const outerRows = dims.rows / dims.weightRows;
  const perPart = rowsPerPart(outerRows);
  const parts = Math.ceil(outerRows / perPart);
  const sums = makeSums(parts);
  rmsNormDweight.run(device, {
    dims: { ...dims, parts, rowsPerPart: perPart },
    tensors: { x, rstd, dy, gate, partial_sums: sums },
  });
  return sums;
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
  assertOut('rmsNorm', out);
  const dims = { ...sizesOf('rmsNorm', x, weight), dtypes: { x: x.dtype, y: out } };
  return rmsNormOp({ x, weight }, { dims, eps });
}

/**
 * rmsNorm(x, weight) · act(gate): the output norm and output gate of attention, in the dtype of x and rounded once.
 * @param gate - as many elements as x, f32 or f16, before its activation
 * @returns in the shape of the gate
 * @throws ShapeError DTypeError ArgumentError
 */
export function gatedRmsNorm(
  x: Tensor,
  weight: Tensor,
  gate: Tensor,
  { eps, activation }: { eps: number; activation: GateActivation },
): Tensor {
  const op = 'gatedRmsNorm';
  const sizes = sizesOf(op, x, weight);
  assertFloat(op, 'gate', gate);
  assertActivation(op, activation);
  if (gate.size !== x.size) {
    throw new ShapeError(
      `${op}: expected gate with the ${x.size} elements of x ${formatShape(x.shape)}, got ${formatShape(gate.shape)}.`,
    );
  }
  const dtypes = { x: x.dtype, y: x.dtype, gate: gate.dtype };
  const y = rmsNormOp({ x, weight, gate }, { dims: { ...sizes, dtypes, activation }, eps });
  return reshape(y, gate.shape);
}

/** @throws ShapeError DTypeError */
function sizesOf(op: string, x: Tensor, weight: Tensor): RmsNormDims {
  assertFloat(op, 'x', x);
  assertDType(op, 'weight', weight, 'f32');
  const columns = x.shape.at(-1) ?? 1;
  const weightRows = weight.size === columns ? 1 : (x.shape.at(-2) ?? 1);
  if (weight.shape.length !== 1 || weight.size !== weightRows * columns) {
    throw new ShapeError(
      `${op}: expected weight [D] or [G * D] for x [..., G, D] = ${formatShape(x.shape)}, got ${formatShape(weight.shape)}. Reshape x so that its last axis is what is normalised.`,
    );
  }
  return { rows: x.size / columns, columns, weightRows };
}
