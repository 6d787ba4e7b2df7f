// linear: y = x Wᵀ + bias, the projection of every layer.

import {
  type Device,
  defineOp,
  type ForwardContext,
  formatShape,
  type GradientPlace,
  ShapeError,
  sameShape,
  shapeSize,
  type Tensor,
} from '@vulpes/tensor-core';
import { assertDType, assertFloat, assertOut, assertSameFloat } from '../../lib/check.ts';
import { launchMatmul } from '../matmul/launch.ts';
import type { MatmulDType } from '../matmul/plan.ts';
import { sumRows } from '../sum-rows/index.ts';

export interface LinearOptions {
  /** Element type of the result; by default that of x. */
  readonly out?: MatmulDType;
}

interface LinearInputs {
  readonly x: Tensor;
  readonly weight: Tensor;
  readonly bias?: Tensor | undefined;
}

const linearOp = defineOp({
  name: 'linear',
  forward({
    device,
    inputs: { x, weight, bias },
    attrs: { out: dtype },
  }: ForwardContext<LinearInputs, Required<LinearOptions>>) {
    const [n, k] = weight.shape as [number, number];
    const y = device.empty([...x.shape.slice(0, -1), n], { dtype, label: 'linear' });
    launchMatmul(device, { a: x, b: weight, c: y, bias, m: x.size / k, n, k, transposeB: true });
    return { output: y, saved: { x, weight } };
  },
  backward({ device, dOutput: dy, saved: { x, weight }, needs, ...gradients }) {
    const out = weight.shape[0] as number;
    return {
      x: needs.x ? inputGradient(device, { dy, weight }, gradients.openGradient('x')) : null,
      weight: needs.weight
        ? weightGradient(device, { dy, x }, gradients.openGradient('weight'))
        : null,
      bias: needs.bias ? sumRows(dy, out, gradients.makeGradient('bias')) : null,
    };
  },
});

/** dx = dy W, or dx += dy W */
function inputGradient(
  device: Device,
  { dy, weight }: { readonly dy: Tensor; readonly weight: Tensor },
  { tensor: dx, accumulate }: GradientPlace,
): Tensor {
  const [out, n] = weight.shape as [number, number];
  launchMatmul(device, { a: dy, b: weight, c: dx, m: dy.size / out, n, k: out, accumulate });
  return dx;
}

/** dW = dyᵀ x, or dW += dyᵀ x */
function weightGradient(
  device: Device,
  { dy, x }: { readonly dy: Tensor; readonly x: Tensor },
  { tensor: dWeight, accumulate }: GradientPlace,
): Tensor {
  const [m, n] = dWeight.shape as [number, number];
  const sizes = { m, n, k: dy.size / m, transposeA: true };
  launchMatmul(device, { a: dy, b: x, c: dWeight, ...sizes, accumulate });
  return dWeight;
}

/**
 * x Wᵀ (+ bias), accumulated in f32.
 * @param x - [..., in], f32 or f16
 * @param weight - [out, in], as x
 * @param bias - [out], f32
 * @returns [..., out], as x or `out`
 * @throws ShapeError DTypeError
 */
export function linear(
  x: Tensor,
  weight: Tensor,
  bias?: Tensor,
  { out = x.dtype as MatmulDType }: LinearOptions = {},
): Tensor {
  assertWeight('linear', x, weight);
  if (bias) assertBias(weight, bias);
  assertOut('linear', out);
  return linearOp({ x, weight, bias }, { out });
}

/**
 * y += x Wᵀ, in place; without a gradient. Of f32 the same bits as `add(y, linear(x, weight))`.
 * @param y - [..., out], f32 or f16
 * @param x - [..., in], f32 or f16
 * @param weight - [out, in], as x
 * @throws ShapeError DTypeError
 */
export function addLinear(y: Tensor, x: Tensor, weight: Tensor): void {
  assertFloat('addLinear', 'y', y);
  assertWeight('addLinear', x, weight);
  const [n, k] = weight.shape as [number, number];
  const expected = [...x.shape.slice(0, -1), n];
  if (!sameShape(y.shape, expected)) {
    throw new ShapeError(
      `addLinear: expected y ${formatShape(expected)}, got ${formatShape(y.shape)}.`,
    );
  }
  const sizes = { m: x.size / k, n, k, transposeB: true };
  launchMatmul(y.device, { a: x, b: weight, c: y, ...sizes, accumulate: true });
}

function assertWeight(op: string, x: Tensor, weight: Tensor): void {
  assertSameFloat(op, { x, weight });
  const width = x.shape.at(-1);
  if (weight.shape.length !== 2 || weight.shape[1] !== width) {
    throw new ShapeError(
      `${op}: expected weight [out, in] with in=${width} to match x ${formatShape(x.shape)}, got ${formatShape(weight.shape)}.`,
    );
  }
}

function assertBias(weight: Tensor, bias: Tensor): void {
  assertDType('linear', 'bias', bias, 'f32');
  if (bias.shape.length === 1 && shapeSize(bias.shape) === weight.shape[0]) return;
  throw new ShapeError(
    `linear: expected bias [out] with out=${weight.shape[0]} to match weight ${formatShape(weight.shape)}, got ${formatShape(bias.shape)}.`,
  );
}
