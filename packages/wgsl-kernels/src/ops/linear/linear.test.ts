// linear against its f64 reference: forward and every gradient.

import { disposeAll } from '@vulpes/tensor-core';
import {
  expectMatch,
  gpuSuite,
  gradcheck,
  randomArray,
  underTwoFills,
} from '@vulpes/tensor-core/testing';
import { expect, test } from 'vitest';
import { type HostTensor, runWithGrads } from '../../testing/index.ts';
import { add } from '../elementwise/index.ts';
import { linearCases } from './linear.cases.ts';
import { addLinear, linear } from './linear.op.ts';
import { referenceLinear, referenceLinearBackward } from './linear.reference.ts';

test('reference backward agrees with finite differences', () => {
  const sizes = { rows: 3, inputs: 4, outputs: 2 };
  const dy = randomArray(4, 6);
  const worst = gradcheck({
    inputs: {
      x: Float64Array.from(randomArray(1, 12)),
      weight: Float64Array.from(randomArray(2, 8)),
      bias: Float64Array.from(randomArray(3, 2)),
    },
    forward: ({ x, weight, bias }) =>
      referenceLinear(sizes, x, weight, bias).reduce((sum, y, i) => sum + y * dy[i]!, 0),
    backward: ({ x, weight }) => {
      const { dx, dweight, dbias } = referenceLinearBackward(sizes, x, weight, dy);
      return { x: dx, weight: dweight, bias: dbias };
    },
  });
  expect(worst).toBeLessThan(1e-6);
});

gpuSuite('linear', (device) => {
  test.each(linearCases)('$id', async ({ lead, inputs, outputs, hasBias }) => {
    const leading: readonly number[] = lead;
    const rows = leading.reduce((product, dim) => product * dim, 1);
    const sizes = { rows, inputs, outputs };
    const x = randomArray(1, rows * inputs);
    const weight = randomArray(2, outputs * inputs);
    const bias = randomArray(3, outputs);
    const dy = randomArray(4, rows * outputs);
    const tensors: Record<string, HostTensor> = {
      x: { data: x, shape: [...leading, inputs] },
      weight: { data: weight, shape: [outputs, inputs] },
      ...(hasBias && { bias: { data: bias, shape: [outputs] } }),
    };
    const actual = await underTwoFills(device(), () =>
      runWithGrads(device(), tensors, ({ x, weight, bias }) => linear(x!, weight!, bias), dy),
    );
    const backward = referenceLinearBackward(sizes, x, weight, dy);
    const y = referenceLinear(sizes, x, weight, hasBias ? bias : undefined);
    // f32 sums of up to 600 products: measured below 1e-6.
    expectMatch('y', actual.y!, y, 2e-6);
    expectMatch('dx', actual.dx!, backward.dx, 2e-6);
    expectMatch('dweight', actual.dweight!, backward.dweight, 2e-6);
    if (hasBias) expectMatch('dbias', actual.dbias!, backward.dbias, 2e-6);
  });

  test.each([
    [1, 37, 768],
    [8, 12, 65],
    [11, 6, 515],
  ])('addLinear of %i rows adds in place, to the bits of add and linear', async (rows, n, k) => {
    const actual = await underTwoFills(device(), async () => {
      const x = device().tensor(randomArray(1, rows * k), [rows, k]);
      const weight = device().tensor(randomArray(2, n * k), [n, k]);
      const y = device().tensor(randomArray(3, rows * n), [rows, n]);
      const product = linear(x, weight);
      const expected = add(y, product);
      addLinear(y, x, weight);
      const [sum, inPlace] = await device().read([expected, y]);
      disposeAll([x, weight, y, product, expected]);
      return { sum: sum as Float32Array, inPlace: inPlace as Float32Array };
    });
    expect(actual.inPlace).toEqual(actual.sum);
  });

  test('addLinear rejects a target that does not fit', () => {
    const [x, weight] = [device().zeros([2, 3, 4]), device().zeros([5, 4])];
    expect(() => addLinear(device().zeros([2, 5]), x, weight)).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: addLinear: expected y [2, 3, 5], got [2, 5].]`,
    );
    expect(() => addLinear(device().zeros([2, 3, 4]), x, device().zeros([4, 5]))).toThrow(
      /expected weight \[out, in\] with in=4/,
    );
  });

  test('rejects weights and biases that do not fit', () => {
    const x = device().zeros([2, 3, 4]);
    expect(() => linear(x, device().zeros([4, 5]))).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: linear: expected weight [out, in] with in=4 to match x [2, 3, 4], got [4, 5].]`,
    );
    const weight = device().zeros([5, 4]);
    expect(() => linear(x, weight, device().zeros([4]))).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: linear: expected bias [out] with out=5 to match weight [5, 4], got [4].]`,
    );
    expect(() => linear(x, device().zeros([5, 4], { dtype: 'f16' }))).toThrow(
      /expected weight f32/,
    );
  });
});
