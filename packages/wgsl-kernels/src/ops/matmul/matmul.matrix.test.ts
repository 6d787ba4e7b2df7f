// The product of subgroup matrices: what it needs, what it chooses, its text, and tiles that only larger products take.

import { UnsupportedError } from '@vulpes/tensor-core';
import { gpuSuite, makeCaps } from '@vulpes/tensor-core/testing';
import { describe, expect, test } from 'vitest';
import { matmulFingerprint } from './fingerprint.ts';
import { checkLaunch, type LaunchCase } from './launch.suite.ts';
import { launchMatmul, planMatmul } from './launch.ts';
import { matrixMatmul, selectMatrixLayout } from './matmul.matrix.kernel.ts';
import { type MatrixLayout, matrixSource, matrixWorkgroupBytes } from './matrix-source.ts';
import {
  findMatrixObstacle,
  findMatrixShape,
  MATRIX_TILES,
  type MatrixTile,
  planMatrixProduct,
} from './matrix-tiles.ts';
import type { MatmulDims } from './plan.ts';
import { formOf } from './tuning.ts';
import { matmulVariants } from './variants.ts';
import { kPerSplit } from './waves.ts';

const half = { componentType: 'f16', resultComponentType: 'f32' };
const caps = makeCaps({
  features: { f16: true, subgroups: true, subgroupMatrix: true, timestampQuery: false },
  subgroupMinSize: 32,
  subgroupMaxSize: 32,
  subgroupMatrixConfigs: [
    { componentType: 'f16', resultComponentType: 'f16', M: 16, N: 16, K: 16 },
    { ...half, M: 16, N: 8, K: 8 },
    { ...half, M: 16, N: 16, K: 16 },
    { ...half, M: 16, N: 8, K: 16 },
  ],
  limits: { ...makeCaps().limits, maxComputeWorkgroupStorageSize: 32768 },
});
const shape = { M: 16, N: 16, K: 16, threads: 32 };

describe('matmul-matrix', () => {
  const sizes = { batch: 1, m: 40, n: 24, k: 33, transposeA: false, transposeB: true };
  const halves = { ...sizes, dtypeA: 'f16', dtypeB: 'f16', dtypeC: 'f16' } as const;

  test('takes the largest matrices of f16 factors and f32 sums', () => {
    expect(findMatrixShape(caps)).toEqual(shape);
    const small = { ...half, M: 8, N: 8, K: 8 };
    const lavapipe = { subgroupMatrixConfigs: [small], subgroupMinSize: 8, subgroupMaxSize: 8 };
    expect(findMatrixShape({ ...caps, ...lavapipe })).toEqual({ M: 8, N: 8, K: 8, threads: 8 });
  });

  test('says what a device lacks', () => {
    const without = (overrides: Partial<typeof caps>) =>
      findMatrixObstacle(makeCaps({ ...caps, ...overrides }));
    expect(findMatrixObstacle(caps)).toBeNull();
    expect(findMatrixObstacle(makeCaps())).toBe('needs feature f16');
    const thin = { ...half, M: 16, N: 4, K: 8 };
    for (const subgroupMatrixConfigs of [[], [thin]]) {
      expect(without({ subgroupMatrixConfigs })).toBe(
        'needs subgroup matrices f16 -> f32 of 8 or 16 a side',
      );
    }
    expect(without({ subgroupMinSize: 8 })).toBe(
      'needs subgroups of one size, the adapter has 8 to 32',
    );
  });

  test('products of f32 never take it', () => {
    expect(matmulVariants.choose(caps, halves).name).toBe('matrix');
    expect(matmulVariants.choose(caps, { ...halves, dtypeA: 'f32' }).name).toBe('matrix');
    for (const dtypeC of ['f16', 'f32'] as const) {
      const singles = { ...halves, dtypeA: 'f32', dtypeB: 'f32', dtypeC } as const;
      expect(matmulVariants.choose(caps, singles).name).toBe('tiled');
      const wanted = { ...caps, variants: { '*': 'matrix' } };
      expect(matmulVariants.choose(wanted, singles).name).toBe('tiled');
      const forced = { ...caps, variants: { matmul: 'matrix' } };
      expect(() => matmulVariants.choose(forced, singles)).toThrow(UnsupportedError);
    }
    expect(matmulVariants.choose(caps, sizes).name).toBe('tiled');
  });

  const plan = (m: number, n: number, k: number) => {
    const { tile, splits } = planMatrixProduct({ m, n, k, batch: 1 }, shape);
    return `${tile.tileM}x${tile.tileN} ${splits}`;
  };

  test('large tiles for the layers of a model, parts of K where they fill whole waves of workgroups', () => {
    expect([plan(16384, 3072, 768), plan(16384, 768, 768), plan(8192, 32768, 768)]).toEqual(
      Array(3).fill('128x128 1'),
    );
    expect([plan(768, 768, 16384), plan(768, 1792, 16384), plan(3072, 768, 16384)]).toEqual([
      '128x128 7',
      '128x128 3',
      '128x128 5',
    ]);
    expect([plan(2048, 768, 768), plan(40, 24, 33), plan(12, 768, 16384)]).toMatchInlineSnapshot(`
      [
        "128x128 1",
        "32x32 1",
        "64x64 22",
      ]
    `);
  });

  test('parts of K are whole slices, and none is empty', () => {
    for (const k of [1, 31, 128, 129, 515, 1030, 4097, 99_999]) {
      const { splits } = planMatrixProduct({ m: 16, n: 16, k, batch: 1 }, shape);
      const share = kPerSplit(k, splits, 32);
      expect(share % 32).toBe(0);
      expect(share * splits).toBeGreaterThanOrEqual(k);
      expect(share * (splits - 1), `K=${k}: the last part is empty`).toBeLessThan(k);
    }
  });

  const layout = (of: Partial<MatrixLayout>): MatrixLayout => ({
    ...{ shape, tile: MATRIX_TILES.large, transposeA: false, transposeB: true },
    ...{ a: 'half8', b: 'half8', c: 'half8', tailK: 'none', isPinned: true },
    ...of,
  });

  test('two workgroups of the large tile share the memory of a core', () => {
    for (const transposeA of [false, true])
      for (const transposeB of [false, true])
        expect(matrixWorkgroupBytes(layout({ transposeA, transposeB }))).toBeLessThanOrEqual(20480);
  });

  test('the text of a small tile, rows in vectors', () => {
    expect(matrixSource(layout({ tile: MATRIX_TILES.small }))).toMatchSnapshot();
  });

  test('slices that the last part of K lacks are staged as 0, without a branch', () => {
    const dims = (k: number, splits: number) => ({
      ...planMatmul({ m: 768, n: 768, k }, { selectSplits: () => splits }, caps),
      ...{ dtypeA: 'f16', dtypeB: 'f16' },
    });
    const tailOf = (k: number, splits: number) =>
      selectMatrixLayout(dims(k, splits) as MatmulDims, MATRIX_TILES.tiny, shape).tailK;
    expect([tailOf(128, 2), tailOf(16384, 7), tailOf(16380, 7)]).toEqual([
      ...['none', 'slices', 'ranks'],
    ]);
    const text = matrixSource(layout({ tailK: 'slices' }));
    expect(text.match(/select\(vec4<u32>\(\), a_\d, is_inside\)/g)?.length).toBe(4);
    expect(text).not.toContain('if (k ');
  });

  test('rows of tiles that share B: many where B is too large to be read often', () => {
    const groupOf = (m: number, n: number, k: number) => {
      const dims = planMatmul({ m, n, k, transposeB: true }, { selectSplits: () => 1 }, caps);
      return matrixMatmul(layout({})).select(dims, caps).GROUP;
    };
    expect(groupOf(4096, 32768, 768)).toBe(32);
    expect([groupOf(16384, 3584, 768), groupOf(4096, 768, 32768)]).toEqual([8, 8]);
  });

  test('the text of a tiny tile, A transposed, rows of numbers, with a rest of K', () => {
    const of = {
      transposeA: true,
      transposeB: false,
      tailK: 'ranks',
      tile: MATRIX_TILES.tiny,
    } as const;
    expect(matrixSource(layout({ ...of, a: 'single4', b: 'half', c: 'single' }))).toMatchSnapshot();
  });
});

/** Not square, so that rows and columns can't be mixed up. */
const wide: MatrixTile = { ...MATRIX_TILES.tiny, subgroupsM: 1, subgroupsN: 4, matricesM: 2 };

gpuSuite(
  'tiles of matmul-matrix',
  (device) => {
    const check = (of: LaunchCase, tile: MatrixTile) =>
      checkLaunch(device(), of, (device, { a, b, c, bias, ...launch }) => {
        const dtypes = { dtypeA: of.dtypeA, dtypeB: of.dtypeB, dtypeC: of.dtypeC };
        const oneSplit = { selectSplits: () => 1 };
        const dims = planMatmul({ ...launch, ...dtypes }, oneSplit, device.caps);
        const shape = findMatrixShape(device.caps)!;
        const kernel = matrixMatmul(selectMatrixLayout(dims, tile, shape));
        kernel.run(device, { dims, tensors: { a, b, c, bias } });
      });
    const sizes = { batch: 1, m: 40, n: 72, k: 64, transposeA: false, transposeB: true };
    const halves = { ...sizes, dtypeA: 'f16', dtypeB: 'f16', dtypeC: 'f16' } as const;

    test('a last part of K with fewer slices than the others', async () => {
      const split = (of: LaunchCase, splits: number) =>
        checkLaunch(device(), of, (device, launch) => {
          const { m, n, k } = of;
          const row = {
            variant: 'matrix',
            form: formOf(of),
            dtype: 'f16',
            m,
            n,
            k,
            splits,
          } as const;
          const matmul = [{ ...row, tile: 'tiny', microseconds: 1 }];
          const tuning = { adapter: 'any', kernels: matmulFingerprint(), matmul };
          launchMatmul(device, launch, { ...device.caps, variants: { matmul: 'matrix' }, tuning });
        });
      await split({ ...halves, k: 96, hasBias: true, padding: 8 }, 2);
      await split({ ...halves, transposeA: true, transposeB: false, k: 224, dtypeC: 'f32' }, 5);
      await split({ ...halves, n: 41, k: 101, accumulate: true }, 2);
    });

    test('two by two matrices', () => check({ ...halves, hasBias: true }, MATRIX_TILES.small));

    test('two matrices and four subgroups side by side', async () => {
      await check({ ...halves, transposeB: false, dtypeC: 'f32' }, wide);
      await check({ ...halves, transposeA: true, k: 50 }, wide);
    });
  },
  ['auto'],
  { requires: { features: ['f16', 'subgroupMatrix'], hasOneSubgroupSize: true } },
);
