// add, scale, accumulate and fill against their f64 twins, with gradients.

import { type Device, type DType, disposeAll } from '@vulpes/tensor-core';
import {
  expectMatch,
  gpuSuite,
  gradcheck,
  randomArray,
  underTwoFills,
} from '@vulpes/tensor-core/testing';
import { expect, test } from 'vitest';
import { boundOf, storedAs } from '../../testing/half.ts';
import { runWithGrads } from '../../testing/index.ts';
import { elementwiseCases } from './elementwise.cases.ts';
import { accumulate, add, fill, scale, scaleBy } from './elementwise.op.ts';
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

const cases = elementwiseCases.map((shape) => ({ shape: shape as readonly number[] }));

async function checkAdd(device: Device, shape: readonly number[], [ofA, ofB]: [DType, DType]) {
  const size = shape.reduce((product, dim) => product * dim, 1);
  const a = storedAs(ofA, randomArray(1, size));
  const b = storedAs(ofB, randomArray(2, size));
  const dy = storedAs(ofA, randomArray(3, size));
  const inputs = { a: { data: a, shape, dtype: ofA }, b: { data: b, shape, dtype: ofB } };
  const added = await underTwoFills(device, () =>
    runWithGrads(device, inputs, ({ a, b }) => add(a!, b!), dy),
  );
  expectMatch('a + b', added.y!, referenceAdd(a, b), boundOf(ofA, 1e-7));
  expect(added.da).toEqual(dy);
  expect(added.db).toEqual(storedAs(ofB, dy));
}

async function checkScale(device: Device, shape: readonly number[], dtype: DType) {
  const size = shape.reduce((product, dim) => product * dim, 1);
  const [x, dy] = [1, 3].map((seed) => storedAs(dtype, randomArray(seed, size)));
  const inputs = { x: { data: x!, shape, dtype } };
  const scaled = await underTwoFills(device, () =>
    runWithGrads(device, inputs, ({ x }) => scale(x!, -1.7), dy!),
  );
  expectMatch('scale', scaled.y!, referenceScale(x!, -1.7), boundOf(dtype, 1e-7));
  expectMatch('d scale', scaled.dx!, referenceScale(dy!, -1.7), boundOf(dtype, 1e-7));
}

/** accumulate, fill and scaleBy of y from x. */
async function checkInPlace(device: Device, size: number, [ofY, ofX]: [DType, DType]) {
  const y = storedAs(ofY, randomArray(1, size));
  const x = storedAs(ofX, randomArray(2, size));
  const actual = await underTwoFills(device, async () => {
    const target = device.tensor(y, [size], { dtype: ofY });
    const source = device.tensor(x, [size], { dtype: ofX });
    const factor = device.tensor([-0.3], [1]);
    const [filled, scaled] = [0, 1].map(() => device.empty([size], { dtype: ofY }));
    accumulate(target, source, 0.25);
    fill(filled!, 3.5);
    scaleBy(source, factor, scaled);
    const results = await device.read([target, filled!, scaled!]);
    disposeAll([target, source, factor, filled!, scaled!]);
    const [sum, filledData, scaledData] = results as Float32Array[];
    return { sum: sum!, filled: filledData!, scaled: scaledData! };
  });
  expectMatch('sum', actual.sum, referenceAccumulate(y, x, 0.25), boundOf(ofY, 1e-7));
  expect(actual.filled).toEqual(new Float32Array(size).fill(3.5));
  expectMatch('scaled', actual.scaled, referenceScale(x, Math.fround(-0.3)), boundOf(ofY, 1e-7));
}

gpuSuite('elementwise', (device) => {
  test.each(cases)('add and scale $shape', async ({ shape }) => {
    await checkAdd(device(), shape, ['f32', 'f32']);
    await checkScale(device(), shape, 'f32');
  });

  test.each([7, 128])('accumulate, fill and scaleBy work in place, %i elements', (size) =>
    checkInPlace(device(), size, ['f32', 'f32']),
  );

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
    expect(() => add(a, device().zeros([2, 3], { dtype: 'i32' }))).toThrow(/expected b f32 or f16/);
    expect(() => scale(a, Number.POSITIVE_INFINITY)).toThrow(/expected a finite factor/);
    expect(() => fill(a, Number.NaN)).toThrow(/expected a finite value/);
  });
});

gpuSuite(
  'elementwise of f16',
  (device) => {
    test.each(cases)('add and scale $shape', async ({ shape }) => {
      await checkAdd(device(), shape, ['f32', 'f16']);
      await checkAdd(device(), shape, ['f16', 'f16']);
      await checkAdd(device(), shape, ['f16', 'f32']);
      await checkScale(device(), shape, 'f16');
    });

    test.each([7, 128])('accumulate, fill and scaleBy work in place, %i elements', async (size) => {
      await checkInPlace(device(), size, ['f16', 'f32']);
      await checkInPlace(device(), size, ['f32', 'f16']);
      await checkInPlace(device(), size, ['f16', 'f16']);
    });
  },
  ['auto'],
  { requires: { features: ['f16'] } },
);
