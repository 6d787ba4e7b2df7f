import { expectMatch, gpuSuite, randomArray, underTwoFills } from '@vulpes/tensor-core/testing';
import { test } from 'vitest';
import { sumRows } from './sum-rows.ts';

const cases = [
  [1, 1],
  [1, 64],
  [17, 3],
  [111, 12],
  [2100, 5],
  [4097, 8],
] as const;

gpuSuite('sum-rows', (device) => {
  test.each(cases)('N%i-C%i', async (rows, columns) => {
    const x = randomArray(42, rows * columns, { mean: 0.2 });
    const expected = new Float64Array(columns);
    for (let i = 0; i < x.length; i++) expected[i % columns]! += x[i]!;
    const { sums } = await underTwoFills(device(), async () => ({
      sums: await device()
        .scope(() => sumRows(device().tensor(x, [rows, columns]), columns))
        .data(),
    }));
    expectMatch('sums', sums, expected, 1e-6);
  });
});
