import type { Device, DType } from '@vulpes/tensor-core';
import { expectMatch, gpuSuite, randomArray, underTwoFills } from '@vulpes/tensor-core/testing';
import { test } from 'vitest';
import { storedAs } from '../../testing/half.ts';
import { sumRows } from './sum-rows.ts';

const cases = [
  [1, 1],
  [1, 64],
  [17, 3],
  [111, 12],
  [2100, 5],
  [4097, 8],
  [2049, 20],
] as const;

/** The sums of x in `dtype`; they are f32, so the bound is one. */
async function checkCase(device: Device, rows: number, columns: number, dtype: DType) {
  const x = storedAs(dtype, randomArray(42, rows * columns, { mean: 0.2 }));
  const expected = new Float64Array(columns);
  for (let i = 0; i < x.length; i++) expected[i % columns]! += x[i]!;
  const { sums } = await underTwoFills(device, async () => ({
    sums: await device
      .scope(() => sumRows(device.tensor(x, [rows, columns], { dtype }), columns))
      .data(),
  }));
  expectMatch('sums', sums, expected, 1e-6);
}

gpuSuite(
  'sum-rows',
  (device) => {
    test.each(cases)('N%i-C%i', (...sizes) => checkCase(device(), ...sizes, 'f32'));
  },
  ['tiled', 'scalar'],
);

gpuSuite(
  'sum-rows of f16',
  (device) => {
    test.each(cases)('N%i-C%i', (...sizes) => checkCase(device(), ...sizes, 'f16'));
  },
  ['tiled', 'scalar'],
  { requires: { features: ['f16'] } },
);
