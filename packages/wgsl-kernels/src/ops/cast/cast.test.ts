// Casts against f16's definition: every edge, every f16 value, and the gradient.

import { disposeAll } from '@vulpes/tensor-core';
import { gpuSuite, randomArray, underTwoFills } from '@vulpes/tensor-core/testing';
import { expect, test } from 'vitest';
import { runWithGrads } from '../../testing/index.ts';
import { castLengths, castValues } from './cast.cases.ts';
import { cast, castInto } from './cast.op.ts';
import { referenceToHalf } from './cast.reference.ts';

gpuSuite('cast', (device) => {
  const throughHalf = async (data: Float32Array) =>
    await underTwoFills(device(), async () => {
      const x = device().tensor(data, [data.length]);
      const half = cast(x, 'f16');
      const back = cast(half, 'f32');
      const result = {
        half: (await half.data()) as Float32Array,
        back: (await back.data()) as Float32Array,
      };
      disposeAll([x, half, back]);
      return result;
    });

  test('rounds edge values to nearest even', async () => {
    const values = Float32Array.from(castValues);
    const expected = [...values].map(referenceToHalf);
    const { half, back } = await throughHalf(values);
    expect([...half]).toEqual(expected);
    expect([...back]).toEqual(expected);
  });

  test.each(castLengths)('%i random values', async (length) => {
    const values = randomArray(length, length, { scale: 10 });
    const { half, back } = await throughHalf(values);
    expect([...half]).toEqual([...values].map(referenceToHalf));
    expect([...back]).toEqual([...half]);
  });

  test('every finite f16 value survives the way to f32 and back; NaN stays NaN', async () => {
    const finite = Float32Array.from({ length: 0x7c00 }, (_, bits) => {
      const [exponent, mantissa] = [bits >> 10, bits & 0x3ff];
      return exponent === 0 ? mantissa * 2 ** -24 : (1024 + mantissa) * 2 ** (exponent - 25);
    });
    expect((await throughHalf(finite)).back).toEqual(finite);
    expect((await throughHalf(Float32Array.of(Number.NaN))).back[0]).toBeNaN();
  });

  test('the gradient is cast back', async () => {
    const dy = randomArray(1, 7);
    const x = { data: randomArray(2, 7), shape: [7] };
    const { dx } = await runWithGrads(device(), { x }, ({ x }) => cast(cast(x!, 'f16'), 'f32'), dy);
    expect([...dx!]).toEqual([...dy].map(referenceToHalf));
  });

  test('into a tensor that is there already', async () => {
    const values = randomArray(4, 65);
    using x = device().tensor(values, [65]);
    using half = device().empty([5, 13], { dtype: 'f16' });
    castInto(x, half);
    expect([...(await half.data())]).toEqual([...values].map(referenceToHalf));
    expect(() => castInto(x, x)).toThrow('castInto: expected f32 and f16, got f32[65] and f32[65]');
    using short = device().empty([64], { dtype: 'f16' });
    expect(() => castInto(x, short)).toThrow('castInto: expected y of 65 elements, got f16[64]');
  });

  test('the same type is passed on, integers are refused', () => {
    const x = device().zeros([2]);
    expect(cast(x, 'f32')).toBe(x);
    expect(() => cast(x, 'i32')).toThrowErrorMatchingInlineSnapshot(
      `[DTypeError: cast: expected f32 or f16 on both sides, got f32[2] to i32. Integers are not converted on the GPU.]`,
    );
  });
});
