// linear against its f64 reference: forward and every gradient.

import { disposeAll, vjp } from '@vulpes/tensor-core';
import {
  expectMatch,
  gpuSuite,
  gradcheck,
  randomArray,
  underTwoFills,
} from '@vulpes/tensor-core/testing';
import { expect, test } from 'vitest';
import { boundOf, storedAs } from '../../testing/half.ts';
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
      /expected weight f32 as x is, got f16/,
    );
  });
});

gpuSuite(
  'linear of f16',
  (device) => {
    test.each([
      ['f16', { rows: 37, inputs: 24, outputs: 40 }],
      ['f32', { rows: 20, inputs: 48, outputs: 12 }],
    ] as const)('%s out', async (out, sizes) => {
      const { rows, inputs, outputs } = sizes;
      const x = storedAs('f16', randomArray(1, rows * inputs));
      const weight = storedAs('f16', randomArray(2, outputs * inputs));
      const bias = randomArray(3, outputs);
      const dy = storedAs('f16', randomArray(4, rows * outputs));
      const tensors = {
        x: { data: x, shape: [rows, inputs], dtype: 'f16' },
        weight: { data: weight, shape: [outputs, inputs], dtype: 'f16' },
        bias: { data: bias, shape: [outputs] },
      } as const;
      const actual = await underTwoFills(device(), () =>
        runWithGrads(
          device(),
          tensors,
          ({ x, weight, bias }) => linear(x!, weight!, bias, { out }),
          dy,
        ),
      );
      const backward = referenceLinearBackward(sizes, x, weight, dy);
      expectMatch('y', actual.y!, referenceLinear(sizes, x, weight, bias), boundOf(out, 1e-6));
      // Of parameters, so f32, straight from the sums.
      expectMatch('dx', actual.dx!, backward.dx, 1e-6);
      expectMatch('dweight', actual.dweight!, backward.dweight, 1e-6);
      expectMatch('dbias', actual.dbias!, backward.dbias, 1e-6);
    });

    test('the gradients that two layers give to an activation are added in f16', async () => {
      const sizes = { rows: 16, inputs: 8, outputs: 8 };
      const x = storedAs('f16', randomArray(1, 128));
      const weight = storedAs('f16', randomArray(2, 64));
      const dy = storedAs('f16', randomArray(4, 128));
      using tx = device().tensor(x, [16, 8], { dtype: 'f16' });
      using tWeight = device().tensor(weight, [8, 8], { dtype: 'f16' });
      using tdy = device().tensor(dy, [16, 8], { dtype: 'f16' });
      const params = { x: tx, weight: tWeight };
      using run = vjp(
        device(),
        ({ x, weight }) => {
          const hidden = linear(x, weight);
          return { a: linear(hidden, weight), b: linear(hidden, weight) };
        },
        params,
      );
      const gradients = run.pullback({ a: tdy, b: tdy });
      const hidden = referenceLinear(sizes, x, weight);
      const { dx: once } = referenceLinearBackward(sizes, hidden, weight, dy);
      const twice = once.map((value) => 2 * value);
      const { dx } = referenceLinearBackward(sizes, x, weight, twice);
      // The sum is rounded twice; dx is f32.
      expectMatch('dx', await gradients.x.data(), dx, 1e-3);
      disposeAll([run.output, gradients]);
    });

    test('addLinear adds to f32 and f16', async () => {
      const [rows, inputs, outputs] = [9, 24, 16];
      const x = storedAs('f16', randomArray(1, rows * inputs));
      const weight = storedAs('f16', randomArray(2, outputs * inputs));
      const y = storedAs('f16', randomArray(3, rows * outputs));
      const product = referenceLinear({ rows, inputs, outputs }, x, weight);
      const expected = product.map((value, i) => value + y[i]!);
      using tx = device().tensor(x, [rows, inputs], { dtype: 'f16' });
      using tWeight = device().tensor(weight, [outputs, inputs], { dtype: 'f16' });
      for (const dtype of ['f32', 'f16'] as const) {
        using ty = device().tensor(y, [rows, outputs], { dtype });
        addLinear(ty, tx, tWeight);
        expectMatch(dtype, await ty.data(), expected, boundOf(dtype, 1e-6));
      }
    });
  },
  ['auto'],
  { requires: { features: ['f16'] } },
);
