// Muon whose products are f16: near the f64 reference, and the f16 copy of the parameters is theirs, rounded.

import { expectMatch, gpuSuite, underTwoFills } from '@vulpes/tensor-core/testing';
import { expect, test } from 'vitest';
import { referenceToHalf } from '../cast/cast.reference.ts';
import { muonCases } from './muon.cases.ts';
import { changeOf, expectedOf, runCase, slabSize } from './muon.suite.ts';

gpuSuite(
  'muonStep in f16',
  (device) => {
    test.each(muonCases)('$id', async (row) => {
      const size = slabSize(row);
      const actual = await underTwoFills(device(), async () => {
        using half = device().zeros([size], { dtype: 'f16' });
        const result = await runCase(device(), row, { compute: 'f16', half });
        return { ...result, half: (await half.data()) as Float32Array };
      });
      const expected = expectedOf(row);
      expectMatch('m', actual.m, expected.m, 1e-6);
      // 11 bits of each factor, over five steps of products.
      expectMatch('change', changeOf(row, actual.param), changeOf(row, expected.param), 3e-2);
      for (const offset of row.offsets) {
        const [of, by] = [actual.half, actual.param].map((values) =>
          values.subarray(offset, offset + row.rows * row.cols),
        ) as [Float32Array, Float32Array];
        expect(of).toEqual(by.map(referenceToHalf));
      }
    });
  },
  ['auto'],
  { requires: { features: ['f16'] } },
);
