// matmul against its f64 reference, forward and both gradients, in every variant.

import { disposeAll } from '@vulpes/tensor-core';
import {
  expectMatch,
  gpuSuite,
  gradcheck,
  randomArray,
  underTwoFills,
} from '@vulpes/tensor-core/testing';
import { describe, expect, test } from 'vitest';
import { runWithGrads } from '../../testing/index.ts';
import { checkLaunch, runLargeTiles } from './launch.suite.ts';
import { launchMatmul, planMatmul } from './launch.ts';
import { largeTileCases, matmulCases, scalarBlockCases } from './matmul.cases.ts';
import { matmul } from './matmul.op.ts';
import { type MatmulSizes, referenceMatmul, referenceMatmulBackward } from './matmul.reference.ts';
import { scalarMatmul } from './matmul.scalar.kernel.ts';
import { matmulVariants } from './variants.ts';

const toVariant = (name: string) =>
  matmulVariants.variants.find((variant) => variant.name === name)!;

const shapesOf = ({ batch, m, n, k, transposeA, transposeB }: MatmulSizes) => ({
  a: transposeA ? [batch, k, m] : [batch, m, k],
  b: transposeB ? [batch, n, k] : [batch, k, n],
});

describe('matmul reference', () => {
  test.each([false, true])('backward agrees with finite differences, transposed %s', (flag) => {
    const sizes = { batch: 2, m: 2, n: 3, k: 4, transposeA: flag, transposeB: !flag };
    const dc = randomArray(3, 12);
    const worst = gradcheck({
      inputs: {
        a: Float64Array.from(randomArray(1, 16)),
        b: Float64Array.from(randomArray(2, 24)),
      },
      forward: ({ a, b }) =>
        referenceMatmul(sizes, a, b).reduce((sum, c, i) => sum + c * dc[i]!, 0),
      backward: ({ a, b }) => {
        const { da, db } = referenceMatmulBackward(sizes, a, b, dc);
        return { a: da, b: db };
      },
    });
    expect(worst).toBeLessThan(1e-6);
  });
});

gpuSuite(
  'matmul',
  (device) => {
    test.each(matmulCases)('$id', async (sizes) => {
      const { batch, m, n, k, transposeA, transposeB } = sizes;
      const a = randomArray(42, batch * m * k);
      const b = randomArray(43, batch * k * n);
      const dc = randomArray(44, batch * m * n);
      const shapes = shapesOf(sizes);
      const actual = await underTwoFills(device(), () =>
        runWithGrads(
          device(),
          { a: { data: a, shape: shapes.a }, b: { data: b, shape: shapes.b } },
          ({ a, b }) => matmul(a!, b!, { transposeA, transposeB }),
          dc,
        ),
      );
      const { da, db } = referenceMatmulBackward(sizes, a, b, dc);
      // f32 sums of up to 515 products: measured below 1e-6.
      expectMatch('c', actual.y!, referenceMatmul(sizes, a, b), 2e-6);
      expectMatch('da', actual.da!, da, 2e-6);
      expectMatch('db', actual.db!, db, 2e-6);
    });

    test('rejects shapes that do not fit and other element types', () => {
      const [a, b] = [device().zeros([2, 3, 4]), device().zeros([2, 5, 4])];
      expect(() => matmul(a, b)).toThrowErrorMatchingInlineSnapshot(
        `[ShapeError: matmul: expected a [..., M, K] and b [..., K, N] with equal leading dims and K, got [2, 3, 4] and [2, 5, 4]. Reshape, or set transposeA or transposeB.]`,
      );
      expect(() => matmul(a, device().zeros([3, 4, 5]))).toThrow(/equal leading dims/);
      expect(() => matmul(device().zeros([4]), device().zeros([4]))).toThrow(/equal leading dims/);
      expect(() => matmul(a, device().zeros([2, 4, 5], { dtype: 'i32' }))).toThrow(
        /expected b f32/,
      );
    });
  },
  ['scalar'],
);

gpuSuite(
  'launchMatmul',
  (device) => {
    // Forward only: gradients are the same launches, and a tiled kernel takes a software adapter a second to compile.
    test.each(matmulCases)('$id', async (sizes) => {
      const { batch, m, n, k } = sizes;
      const shapes = shapesOf(sizes);
      const a = randomArray(42, batch * m * k);
      const b = randomArray(43, batch * k * n);
      const actual = await underTwoFills(device(), async () => {
        const [ta, tb] = [device().tensor(a, shapes.a), device().tensor(b, shapes.b)];
        const c = device().empty([batch, m, n]);
        launchMatmul(device(), { a: ta, b: tb, c, ...sizes });
        const result = (await c.data()) as Float32Array;
        disposeAll([ta, tb, c]);
        return { c: result };
      });
      expectMatch('c', actual.c, referenceMatmul(sizes, a, b), 2e-6);
    });

    test('padded rows, offsets, bias and accumulation, with and without splits of K', async () => {
      for (const [k, n, ldc] of [
        [6, 7, 8],
        [6, 8, 12],
        [1030, 7, 8],
      ] as const) {
        const [m, lda] = [5, k + 2];
        const a = randomArray(1, (m + 1) * lda);
        const b = randomArray(2, (k + 1) * n);
        const bias = randomArray(3, n);
        const c = randomArray(4, (m + 1) * ldc);
        const actual = await underTwoFills(device(), async () => {
          const tensors = [
            device().tensor(a, [m + 1, lda]),
            device().tensor(b, [k + 1, n]),
            device().tensor(bias, [n]),
            device().tensor(c, [m + 1, ldc]),
          ] as const;
          const [ta, tb, tBias, tc] = tensors;
          const options = { lda, ldc, offsetA: lda, offsetB: n, offsetC: ldc, accumulate: true };
          launchMatmul(device(), { a: ta, b: tb, bias: tBias, c: tc, m, n, k, ...options });
          const result = (await tc.data()) as Float32Array;
          disposeAll(tensors);
          return { c: result };
        });
        const expected = Float64Array.from(c);
        for (let i = 1; i <= m; i++)
          for (let j = 0; j < n; j++) {
            for (let r = 0; r < k; r++)
              expected[i * ldc + j]! += a[i * lda + r]! * b[(r + 1) * n + j]!;
            expected[i * ldc + j]! += bias[j]!;
          }
        expectMatch(`c, K=${k} N=${n}`, actual.c, expected, 2e-6);
        const padding = (array: Float32Array) => array.filter((_, i) => i < ldc || i % ldc >= n);
        expect(padding(actual.c), 'padding is not written').toEqual(padding(c));
      }
    });
  },
  ['scalar', 'tiled'],
);

gpuSuite(
  'register blocks',
  (device) => {
    test.each(scalarBlockCases)('$id', async ({ rows, cols, ...sizes }) => {
      const alignedC = sizes.n % 4 === 0;
      const { batch, m, n, k, transposeA, transposeB } = sizes;
      const shapes = shapesOf(sizes);
      const a = randomArray(42, batch * m * k);
      const b = randomArray(43, batch * k * n);
      const actual = await underTwoFills(device(), async () => {
        const [ta, tb] = [device().tensor(a, shapes.a), device().tensor(b, shapes.b)];
        const c = device().empty([batch, m, n]);
        const dims = planMatmul(sizes, toVariant('scalar'), device().caps);
        scalarMatmul({ rows, cols, transposeA, transposeB, alignedC }).run(device(), {
          dims,
          tensors: { a: ta, b: tb, c },
        });
        const result = (await c.data()) as Float32Array;
        disposeAll([ta, tb, c]);
        return { c: result };
      });
      expectMatch('c', actual.c, referenceMatmul(sizes, a, b), 2e-6);
    });
  },
  ['scalar'],
);

gpuSuite(
  'tiles of 128 × 128',
  (device) => {
    test.each(largeTileCases)('$id', (of) => checkLaunch(device(), of, runLargeTiles));
  },
  ['tiled'],
);
