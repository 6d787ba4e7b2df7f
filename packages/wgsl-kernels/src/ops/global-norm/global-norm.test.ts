// Global norm and clip coefficient against their f64 twins.

import { disposeAll } from '@vulpes/tensor-core';
import { expectMatch, gpuSuite, randomArray, underTwoFills } from '@vulpes/tensor-core/testing';
import { expect, test } from 'vitest';
import { globalNormCases } from './global-norm.cases.ts';
import { referenceClipCoefficient, referenceGlobalNorm } from './global-norm.reference.ts';
import { clipCoefficient, globalNorm } from './global-norm.ts';

gpuSuite(
  'globalNorm',
  (device) => {
    test.each(globalNormCases)('$id', async ({ lengths }) => {
      const arrays = lengths.map((length, i) => randomArray(42 + i, length, { scale: 0.3 + i }));
      const expected = referenceGlobalNorm(arrays);
      for (const maxNorm of [expected / 3, expected * 3]) {
        const actual = await underTwoFills(device(), async () => {
          const tensors = arrays.map((array) => device().tensor(array, [array.length]));
          const norm = globalNorm(tensors);
          const clip = clipCoefficient(norm, maxNorm);
          const result = {
            norm: (await norm.data()) as Float32Array,
            clip: (await clip.data()) as Float32Array,
          };
          disposeAll([...tensors, norm, clip]);
          return result;
        });
        expectMatch('norm', actual.norm, [expected], 1e-6);
        expectMatch('clip', actual.clip, [referenceClipCoefficient(expected, maxNorm)], 1e-6);
      }
    });

    test('zero gradients are not scaled, NaN stays NaN', async () => {
      const scope = (values: number[]) =>
        device().scope(() => clipCoefficient(globalNorm([device().tensor(values, [2])]), 1));
      expect((await scope([0, 0]).data())[0]).toBe(1);
      expect((await scope([1, Number.NaN]).data())[0]).toBeNaN();
    });

    test('rejects nothing to sum and other limits', () => {
      const norm = device().zeros([1]);
      expect(() => globalNorm([])).toThrow(/expected at least one tensor/);
      expect(() => clipCoefficient(norm, 0)).toThrowErrorMatchingInlineSnapshot(
        `[ArgumentError: clipCoefficient: expected a finite maxNorm above 0, got 0. Leave clipping out to switch it off.]`,
      );
      expect(() => globalNorm([device().zeros([1], { dtype: 'i32' })])).toThrow(/f32, got i32/);
    });
  },
  ['tiled', 'scalar'],
);
