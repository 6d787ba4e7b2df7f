// Products of f16 tensors in every variant, against the f64 reference.

import { expectMatch, gpuSuite, randomArray } from '@vulpes/tensor-core/testing';
import { expect, test } from 'vitest';
import { boundOf, storedAs } from '../../testing/half.ts';
import { runWithGrads } from '../../testing/run-with-grads.ts';
import { checkLaunch, runLargeTiles } from './launch.suite.ts';
import { launchMatmul } from './launch.ts';
import { halfCases, vectorCases } from './matmul.cases.ts';
import { matmul } from './matmul.op.ts';
import { referenceMatmul, referenceMatmulBackward } from './matmul.reference.ts';

const needsHalf = { requires: { features: ['f16'] } } as const;

gpuSuite(
  'launchMatmul of f16',
  (device) => {
    test.each(halfCases)('$id', (of) => checkLaunch(device(), of));

    test('one tensor as both factors', async () => {
      const [m, k] = [24, 40];
      const x = storedAs('f16', randomArray(5, m * k));
      using a = device().tensor(x, [m, k], { dtype: 'f16' });
      using c = device().empty([m, m]);
      launchMatmul(device(), { a, b: a, c, m, n: m, k, transposeB: true });
      const of = { batch: 1, m, n: m, k, transposeA: false, transposeB: true };
      expectMatch('x xᵀ', await c.data(), referenceMatmul(of, x, x), 1e-6);
    });

    test('tensors of integers are refused', () => {
      using a = device().zeros([4, 4], { dtype: 'i32' });
      using c = device().zeros([4, 4]);
      expect(() => launchMatmul(device(), { a, b: c, c, m: 4, n: 4, k: 4 })).toThrow(
        'expected matrices f32 or f16, got i32',
      );
    });
  },
  ['scalar', 'tiled', 'matrix'],
  needsHalf,
);

gpuSuite(
  'large tiles of f16',
  (device) => {
    test('tiles of 128 × 128', async () => {
      const sizes = { batch: 1, m: 130, n: 40, k: 20, transposeA: false, transposeB: true };
      const halves = { ...sizes, dtypeA: 'f16', dtypeB: 'f16', dtypeC: 'f16' } as const;
      await checkLaunch(device(), { ...halves, accumulate: true }, runLargeTiles);
      await checkLaunch(device(), { ...halves, dtypeB: 'f32', n: 37 }, runLargeTiles);
    });
  },
  ['tiled'],
  needsHalf,
);

gpuSuite(
  'launchMatmul of f16 in vectors',
  (device) => {
    test.each(vectorCases)('$id', (of) => checkLaunch(device(), of));
  },
  ['matrix'],
  needsHalf,
);

gpuSuite(
  'matmul of f16',
  (device) => {
    test.each([
      [false, true, 'f16'],
      [true, false, 'f32'],
    ] as const)('gradients, transposed %s and %s, %s out', async (transposeA, transposeB, out) => {
      const sizes = { batch: 2, m: 12, n: 17, k: 20, transposeA, transposeB };
      const { batch, m, n, k } = sizes;
      const a = storedAs('f16', randomArray(1, batch * m * k));
      const b = storedAs('f16', randomArray(2, batch * k * n));
      const dc = storedAs('f16', randomArray(3, batch * m * n));
      const inputs = {
        a: { data: a, shape: transposeA ? [batch, k, m] : [batch, m, k], dtype: 'f16' },
        b: { data: b, shape: transposeB ? [batch, n, k] : [batch, k, n], dtype: 'f16' },
      } as const;
      const actual = await runWithGrads(
        device(),
        inputs,
        ({ a, b }) => matmul(a!, b!, { transposeA, transposeB, out }),
        dc,
      );
      expectMatch('c', actual.y!, referenceMatmul(sizes, a, b), boundOf(out, 1e-6));
      // Of parameters, so f32.
      const { da, db } = referenceMatmulBackward(sizes, a, b, dc);
      expectMatch('da', actual.da!, da, 1e-6);
      expectMatch('db', actual.db!, db, 1e-6);
    });

    test('factors of two types are refused', () => {
      const [a, b] = [device().zeros([2, 3, 4]), device().zeros([2, 4, 5], { dtype: 'f16' })];
      expect(() => matmul(a, b)).toThrowErrorMatchingInlineSnapshot(
        `[DTypeError: matmul: expected b f32 as a is, got f16[2, 4, 5]. Cast one of them before the call.]`,
      );
    });
  },
  ['auto'],
  needsHalf,
);
