// add and scale: differentiable elementwise arithmetic. accumulate and fill: in place, for optimizers and buffers.

import {
  ArgumentError,
  defineOp,
  type ForwardContext,
  formatShape,
  ShapeError,
  sameShape,
  type Tensor,
} from '@vulpes/tensor-core';
import { assertDType } from '../../lib/check.ts';
import {
  accumulateKernel,
  addKernel,
  fillKernel,
  scaleByKernel,
  scaleKernel,
} from './elementwise.kernel.ts';

const addOp = defineOp({
  name: 'add',
  forward({ device, inputs: { a, b } }: ForwardContext<{ a: Tensor; b: Tensor }>) {
    const y = device.empty(a.shape, { label: 'add' });
    addKernel.run(device, { dims: { size: a.size }, tensors: { a, b, y } });
    return { output: y };
  },
  backward: ({ dOutput }) => ({ a: dOutput, b: dOutput }),
});

const scaleOp = defineOp({
  name: 'scale',
  forward: ({ inputs: { x }, attrs }: ForwardContext<{ x: Tensor }, { factor: number }>) => ({
    output: scaled(x, attrs.factor),
  }),
  backward: ({ dOutput, attrs }) => ({ x: scaled(dOutput, attrs.factor) }),
});

function scaled(x: Tensor, factor: number): Tensor {
  const y = x.device.empty(x.shape, { label: 'scale' });
  scaleKernel.run(x.device, { dims: { size: x.size, factor }, tensors: { x, y } });
  return y;
}

/**
 * a + b.
 * @param a - [...], f32
 * @param b - the same shape
 * @throws ShapeError DTypeError
 */
export function add(a: Tensor, b: Tensor): Tensor {
  assertDType('add', 'a', a, 'f32');
  assertDType('add', 'b', b, 'f32');
  assertSameShape('add', a, b);
  return addOp({ a, b });
}

/**
 * factor * x.
 * @param x - [...], f32
 * @throws DTypeError. @throws ArgumentError where the factor is not finite.
 */
export function scale(x: Tensor, factor: number): Tensor {
  assertDType('scale', 'x', x, 'f32');
  assertFinite('scale', 'factor', factor);
  return scaleOp({ x }, { factor });
}

/** y = factor[0] * x with the factor on the GPU; a plain kernel function without a gradient. @returns y */
export function scaleBy(
  x: Tensor,
  factor: Tensor,
  y = x.device.empty(x.shape, { label: 'scale by' }),
): Tensor {
  scaleByKernel.run(x.device, { dims: { size: x.size }, tensors: { x, factor, y } });
  return y;
}

/**
 * target += factor * source, in place; without a gradient.
 * @param target - [...], f32
 * @param source - the same shape
 * @throws ShapeError DTypeError ArgumentError
 */
export function accumulate(target: Tensor, source: Tensor, factor = 1): void {
  assertDType('accumulate', 'target', target, 'f32');
  assertDType('accumulate', 'source', source, 'f32');
  assertSameShape('accumulate', target, source);
  assertFinite('accumulate', 'factor', factor);
  accumulateKernel.run(target.device, {
    dims: { size: target.size, factor },
    tensors: { y: target, x: source },
  });
}

/**
 * Sets every element to a value, in place; without a gradient.
 * @param target - [...], f32
 * @throws DTypeError ArgumentError
 */
export function fill(target: Tensor, value: number): void {
  assertDType('fill', 'target', target, 'f32');
  assertFinite('fill', 'value', value);
  fillKernel.run(target.device, { dims: { size: target.size, value }, tensors: { y: target } });
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
