// add, scale, accumulate and fill against their f64 twins, with gradients.

import { disposeAll } from '@vulpes/tensor-core';
import {
  expectMatch,
  gpuSuite,
  gradcheck,
  randomArray,
  underTwoFills,
} from '@vulpes/tensor-core/testing';
import { expect, test } from 'vitest';
import { runWithGrads } from '../../testing/index.ts';
import { elementwiseCases } from './elementwise.cases.ts';
import { accumulate, add, fill, scale } from './elementwise.op.ts';
import { referenceAccumulate, referenceAdd, referenceScale } from './elementwise.reference.ts';

test('reference backward agrees with finite differences', () => {
  const dy = randomArray(3, 5);
  const dot = (y: Float64Array) => y.reduce((sum, value, i) => sum + value * dy[i]!, 0);
  const inputs = {
    a: Float64Array.from(randomArray(1, 5)),
    b: Float64Array.from(randomArray(2, 5)),
  };
  const added = gradcheck({
    inputs,
    forward: ({ a, b }) => dot(referenceAdd(a, b)),
    backward: () => ({ a: dy, b: dy }),
  });
  const scaled = gradcheck({
    inputs: { a: inputs.a },
    forward: ({ a }) => dot(referenceScale(a, -1.7)),
    backward: () => ({ a: referenceScale(dy, -1.7) }),
  });
  expect(Math.max(added, scaled)).toBeLessThan(1e-6);
});

gpuSuite('elementwise', (device) => {
  test.each(elementwiseCases.map((shape) => ({ shape })))('add and scale $shape', async (row) => {
    const shape: readonly number[] = row.shape;
    const size = shape.reduce((product, dim) => product * dim, 1);
    const [a, b, dy] = [randomArray(1, size), randomArray(2, size), randomArray(3, size)];
    const inputs = { a: { data: a, shape }, b: { data: b, shape } };
    const added = await underTwoFills(device(), () =>
      runWithGrads(device(), inputs, ({ a, b }) => add(a!, b!), dy),
    );
    expectMatch('a + b', added.y!, referenceAdd(a, b), 1e-7);
    expect(added.da).toEqual(dy);
    expect(added.db).toEqual(dy);
    const scaled = await underTwoFills(device(), () =>
      runWithGrads(device(), { a: inputs.a }, ({ a }) => scale(a!, -1.7), dy),
    );
    expectMatch('scale', scaled.y!, referenceScale(a, -1.7), 1e-7);
    expectMatch('d scale', scaled.da!, referenceScale(dy, -1.7), 1e-7);
  });

  test.each([7, 128])('accumulate and fill work in place, %i elements', async (size) => {
    const [y, x] = [randomArray(1, size), randomArray(2, size)];
    const actual = await underTwoFills(device(), async () => {
      const [target, source] = [device().tensor(y, [size]), device().tensor(x, [size])];
      const filled = device().empty([size]);
      accumulate(target, source, 0.25);
      fill(filled, 3.5);
      const result = {
        sum: (await target.data()) as Float32Array,
        filled: (await filled.data()) as Float32Array,
      };
      disposeAll([target, source, filled]);
      return result;
    });
    expectMatch('sum', actual.sum, referenceAccumulate(y, x, 0.25), 1e-7);
    expect(actual.filled).toEqual(new Float32Array(size).fill(3.5));
  });

  test('adding a tensor to itself doubles its gradient', async () => {
    const dy = randomArray(1, 8);
    const inputs = { a: { data: randomArray(2, 8), shape: [8] } };
    const actual = await runWithGrads(device(), inputs, ({ a }) => add(a!, a!), dy);
    expectMatch('da', actual.da!, referenceScale(dy, 2), 1e-7);
  });

  test('rejects other shapes, element types and infinite factors', () => {
    const [a, b] = [device().zeros([2, 3]), device().zeros([3, 2])];
    expect(() => add(a, b)).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: add: expected two tensors of one shape, got [2, 3] and [3, 2]. Nothing is broadcast.]`,
    );
    expect(() => accumulate(a, b)).toThrow(/accumulate: expected two tensors of one shape/);
    expect(() => add(a, device().zeros([2, 3], { dtype: 'i32' }))).toThrow(/expected b f32/);
    expect(() => scale(a, Number.POSITIVE_INFINITY)).toThrow(/expected a finite factor/);
    expect(() => fill(a, Number.NaN)).toThrow(/expected a finite value/);
  });
});
