// Products of few rows: the choices, and the kernels against the f64 reference.

import { disposeAll, explainVariants } from '@vulpes/tensor-core';
import {
  expectMatch,
  gpuSuite,
  makeCaps,
  randomArray,
  underTwoFills,
} from '@vulpes/tensor-core/testing';
import { describe, expect, test } from 'vitest';
import { hasFewRows, selectFewRowsSpec, selectRowsB, selectUnroll } from './few-rows.ts';
import { launchMatmul, planMatmul } from './launch.ts';
import { fewRowsCases } from './matmul.cases.ts';
import { type MatmulSizes, referenceMatmul } from './matmul.reference.ts';
import { chooseMatmul, fewRowsVariants, matmulVariants } from './variants.ts';

const sizes = (m: number, n: number, k: number) => ({
  ...{ m, n, k, batch: 1, transposeA: false, transposeB: true },
});
const subgroups = { f16: false, subgroups: true, subgroupMatrix: false, timestampQuery: false };
const gpu = makeCaps({ features: subgroups, subgroupMinSize: 32, subgroupMaxSize: 32 });

describe('few rows', () => {
  test('are at most 8, with both matrices read along K', () => {
    expect(hasFewRows(sizes(8, 768, 768))).toBe(true);
    expect(hasFewRows(sizes(9, 768, 768))).toBe(false);
    expect(hasFewRows({ ...sizes(1, 768, 768), transposeB: false })).toBe(false);
    expect(hasFewRows({ ...sizes(1, 768, 768), transposeA: true })).toBe(false);
  });

  test('a workgroup owns more rows of B where there are enough of them', () => {
    const rows = (m: number, n: number) => selectRowsB(sizes(m, n, 768));
    expect([rows(1, 12), rows(1, 768), rows(1, 3584), rows(1, 50257)]).toEqual([1, 1, 2, 4]);
    expect([rows(8, 768), rows(8, 3584), rows(8, 50257)]).toEqual([1, 1, 1]);
  });

  test('a thread asks for equal shares of its row, up to 8 vectors at once', () => {
    const unroll = (k: number, rowsB: number) => selectUnroll(k / 4, 32, rowsB);
    expect([unroll(768, 1), unroll(768, 2), unroll(768, 4)]).toEqual([6, 3, 2]);
    expect([unroll(1792, 1), unroll(4, 1)]).toEqual([7, 1]);
    const spec = (k: number) => selectFewRowsSpec(planMatmul(sizes(1, 768, k), oneSplit, gpu), 32);
    expect(spec(768)).toMatchObject({ WIDTH: 4, UNROLL: 6, TAIL: false, Vector: 'vec4<f32>' });
    expect(spec(772)).toMatchObject({ WIDTH: 4, UNROLL: 7, TAIL: true });
    expect(spec(771)).toMatchObject({ WIDTH: 1, TAIL: true, Vector: 'f32' });
  });

  test('take subgroups of one size, else workgroup memory, else the scalar kernel', () => {
    const runs = (caps: typeof gpu) => fewRowsVariants.choose(caps, sizes(1, 768, 768)).name;
    expect(runs(gpu)).toBe('subgroup');
    expect(runs({ ...gpu, subgroupMinSize: 8 })).toBe('tiled');
    expect(runs(makeCaps())).toBe('tiled');
    expect(runs({ ...gpu, isSoftware: true })).toBe('scalar');
    const reasons = explainVariants(fewRowsVariants, { ...gpu, isSoftware: true }).variants;
    expect(reasons.map(({ reason }) => reason)).toEqual([
      'the scalar kernel is made for CPU adapters',
      'a CPU adapter runs workgroup barriers slowly',
      'runs',
    ]);
  });

  test('a variant forced for matmul by name holds for them', () => {
    const scalar = matmulVariants.variants.find(({ name }) => name === 'scalar');
    const few = sizes(1, 768, 768);
    expect(chooseMatmul({ ...gpu, variants: { matmul: 'scalar' } }, few)).toBe(scalar);
    expect(chooseMatmul(gpu, few)).toBe(fewRowsVariants.variants[0]);
    const tiled = matmulVariants.variants.find(({ name }) => name === 'tiled');
    expect(chooseMatmul(gpu, sizes(9, 768, 768))).toBe(tiled);
    expect(chooseMatmul(gpu, { ...few, dtypeA: 'f16', dtypeB: 'f16' })).toBe(tiled);
  });
});

const oneSplit = { selectSplits: () => 1 };

/** Launches with padding around each matrix: offsets and row strides are `padding` longer than they need be. */
interface Launch extends MatmulSizes {
  readonly padding: number;
  readonly hasBias: boolean;
  readonly accumulate: boolean;
}

gpuSuite(
  'matmul-few-rows',
  (device) => {
    async function check({ padding, hasBias, accumulate, ...of }: Launch) {
      const { batch, m, n, k } = of;
      const [lda, ldb, ldc] = [k + padding, k + padding, n + padding];
      const a = randomArray(42, padding + batch * m * lda);
      const b = randomArray(43, padding + batch * n * ldb);
      const bias = randomArray(44, n);
      const c = randomArray(45, padding + batch * m * ldc);
      const actual = await underTwoFills(device(), async () => {
        const [ta, tb] = [device().tensor(a, [a.length]), device().tensor(b, [b.length])];
        const [tBias, tc] = [device().tensor(bias, [n]), device().tensor(c, [c.length])];
        const strides = { lda, ldb, ldc, offsetA: padding, offsetB: padding, offsetC: padding };
        const given = { a: ta, b: tb, c: tc, bias: hasBias ? tBias : undefined };
        launchMatmul(device(), { ...of, ...strides, ...given, accumulate });
        const result = (await tc.data()) as Float32Array;
        disposeAll([ta, tb, tBias, tc]);
        return { c: result };
      });
      const dense = (from: Float32Array, rows: number, stride: number, length: number) =>
        Float64Array.from({ length: rows * length }, (_, i) => {
          return from[padding + Math.floor(i / length) * stride + (i % length)]!;
        });
      const product = referenceMatmul(of, dense(a, batch * m, lda, k), dense(b, batch * n, ldb, k));
      const expected = Float64Array.from(c);
      product.forEach((sum, i) => {
        const at = padding + Math.floor(i / n) * ldc + (i % n);
        const start = (accumulate ? c[at]! : 0) + (hasBias ? bias[i % n]! : 0);
        expected[at] = start + sum;
      });
      // f32 sums of up to 2,051 products: measured below 1e-6.
      expectMatch('c', actual.c, expected, 2e-6);
      const isPadding = (_: number, i: number) => i < padding || (i - padding) % ldc >= n;
      expect(actual.c.filter(isPadding), 'padding is not written').toEqual(c.filter(isPadding));
    }

    test.each(fewRowsCases)('$id', (of) =>
      check({ ...of, padding: 0, hasBias: false, accumulate: false }),
    );

    test.each([
      [0, 1, 37, 64],
      [4, 3, 10, 132],
      [3, 8, 7, 65],
      [1, 2, 2051, 4],
    ])('bias and accumulation, padding %i, M %i, N %i, K %i', async (padding, m, n, k) => {
      await check({ ...sizes(m, n, k), batch: 2, padding, hasBias: true, accumulate: true });
      await check({ ...sizes(m, n, k), padding, hasBias: true, accumulate: false });
    });
  },
  ['tiled', 'subgroup', 'scalar'],
);
