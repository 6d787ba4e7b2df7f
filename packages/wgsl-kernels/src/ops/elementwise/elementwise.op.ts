// add and scale: differentiable elementwise arithmetic. accumulate and fill: in place, for optimizers and buffers.

import {
  ArgumentError,
  type DType,
  defineOp,
  type ForwardContext,
  formatShape,
  ShapeError,
  sameShape,
  type Tensor,
} from '@vulpes/tensor-core';
import { assertFloat } from '../../lib/check.ts';
import { convert } from '../cast/index.ts';
import {
  accumulateKernel,
  addKernel,
  fillKernel,
  scaleByKernel,
  scaleKernel,
} from './elementwise.kernel.ts';

interface AddAttrs {
  /** Of b, and so of its gradient. */
  readonly dtypeOfB: DType;
}

const addOp = defineOp({
  name: 'add',
  forward({ device, inputs: { a, b } }: ForwardContext<{ a: Tensor; b: Tensor }, AddAttrs>) {
    const y = device.empty(a.shape, { dtype: a.dtype, label: 'add' });
    const dtypes = { a: a.dtype, b: b.dtype };
    addKernel.run(device, { dims: { size: a.size, dtypes }, tensors: { a, b, y } });
    return { output: y };
  },
  backward: ({ dOutput, needs, attrs }) => ({
    a: dOutput,
    b: needs.b ? convert(dOutput, attrs.dtypeOfB) : null,
  }),
});

const scaleOp = defineOp({
  name: 'scale',
  forward: ({ inputs: { x }, attrs }: ForwardContext<{ x: Tensor }, { factor: number }>) => ({
    output: scaled(x, attrs.factor),
  }),
  backward: ({ dOutput, attrs }) => ({ x: scaled(dOutput, attrs.factor) }),
});

function scaled(x: Tensor, factor: number): Tensor {
  const { size, dtype } = x;
  const y = x.device.empty(x.shape, { dtype, label: 'scale' });
  const dims = { size, factor, dtypes: { x: dtype, y: dtype } };
  scaleKernel.run(x.device, { dims, tensors: { x, y } });
  return y;
}

/**
 * a + b, in the dtype of a.
 * @param a - [...], f32 or f16
 * @param b - the same shape, f32 or f16
 * @throws ShapeError DTypeError
 */
export function add(a: Tensor, b: Tensor): Tensor {
  assertFloat('add', 'a', a);
  assertFloat('add', 'b', b);
  assertSameShape('add', a, b);
  return addOp({ a, b }, { dtypeOfB: b.dtype });
}

/**
 * factor * x, in the dtype of x.
 * @param x - [...], f32 or f16
 * @throws DTypeError. @throws ArgumentError where the factor is not finite.
 */
export function scale(x: Tensor, factor: number): Tensor {
  assertFloat('scale', 'x', x);
  assertFinite('scale', 'factor', factor);
  return scaleOp({ x }, { factor });
}

/**
 * y = factor[0] * x with the factor on the GPU; a plain kernel function without a gradient.
 * @param x - [...], f32 or f16
 * @param factor - [1], f32
 * @param y - as many elements, f32 or f16; default: as x
 * @returns y
 */
export function scaleBy(
  x: Tensor,
  factor: Tensor,
  y = x.device.empty(x.shape, { dtype: x.dtype, label: 'scale by' }),
): Tensor {
  const dims = { size: x.size, dtypes: { x: x.dtype, y: y.dtype } };
  scaleByKernel.run(x.device, { dims, tensors: { x, factor, y } });
  return y;
}

/**
 * target += factor * source, in place; without a gradient.
 * @param target - [...], f32 or f16
 * @param source - the same shape, f32 or f16
 * @throws ShapeError DTypeError ArgumentError
 */
export function accumulate(target: Tensor, source: Tensor, factor = 1): void {
  assertFloat('accumulate', 'target', target);
  assertFloat('accumulate', 'source', source);
  assertSameShape('accumulate', target, source);
  assertFinite('accumulate', 'factor', factor);
  accumulateKernel.run(target.device, {
    dims: { size: target.size, factor, dtypes: { x: source.dtype, y: target.dtype } },
    tensors: { y: target, x: source },
  });
}

/**
 * Sets every element to a value, in place; without a gradient.
 * @param target - [...], f32 or f16
 * @throws DTypeError ArgumentError
 */
export function fill(target: Tensor, value: number): void {
  assertFloat('fill', 'target', target);
  assertFinite('fill', 'value', value);
  const dims = { size: target.size, value, dtypes: { y: target.dtype } };
  fillKernel.run(target.device, { dims, tensors: { y: target } });
}

function assertSameShape(op: string, a: Tensor, b: Tensor): void {
  if (sameShape(a.shape, b.shape)) return;
  throw new ShapeError(
    `${op}: expected two tensors of one shape, got ${formatShape(a.shape)} and ${formatShape(b.shape)}. Nothing is broadcast.`,
  );
}

function assertFinite(op: string, name: string, value: number): void {
  if (Number.isFinite(value)) return;
  throw new ArgumentError(`${op}: expected a finite ${name}, got ${value}.`);
}
