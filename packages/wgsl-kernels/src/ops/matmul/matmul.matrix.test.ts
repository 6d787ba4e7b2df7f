// The product of subgroup matrices against the f64 reference, on an adapter that has them.

import {
  expectMatch,
  gpuSuite,
  makeCaps,
  randomArray,
  underTwoFills,
} from '@vulpes/tensor-core/testing';
import { beforeEach, describe, expect, test } from 'vitest';
import { referenceToHalf } from '../cast/cast.reference.ts';
import { matmulCases } from './matmul.cases.ts';
import { findMatrixObstacle, matrixMatmul } from './matmul.matrix.kernel.ts';
import { referenceMatmul } from './matmul.reference.ts';

/** f16 values in f32 arrays: what the kernel reads, exactly. */
const randomHalves = (seed: number, length: number) =>
  randomArray(seed, length).map(referenceToHalf);

const sizes = { batch: 1, m: 40, n: 24, k: 33, transposeA: false, transposeB: true };
const half = { componentType: 'f16', resultComponentType: 'f32' };

describe('matmul-matrix selects', () => {
  const caps = makeCaps({
    features: { f16: true, subgroups: true, subgroupMatrix: true, timestampQuery: false },
    subgroupMinSize: 32,
    subgroupMaxSize: 32,
    subgroupMatrixConfigs: [
      { componentType: 'f16', resultComponentType: 'f16', M: 8, N: 8, K: 8 },
      { ...half, M: 16, N: 8, K: 32 },
    ],
  });

  test('the shape of the adapter, for f16 factors and f32 sums', () => {
    const spec = matrixMatmul.select(sizes, caps);
    expect(spec).toMatchObject({ WG_SIZE: 32, TILE_M: 16, TILE_N: 8, TILE_K: 32 });
    expect(matrixMatmul.grid(sizes, spec)).toEqual([3, 3, 1]);
    expect(matrixMatmul.wgsl(spec)).toMatch(/^enable f16;\nenable chromium_experimental/);
  });

  test('nothing where the device lacks something', () => {
    const without = (overrides: Partial<typeof caps>) => makeCaps({ ...caps, ...overrides });
    expect(findMatrixObstacle(caps)).toBeNull();
    expect(findMatrixObstacle(makeCaps({}))).toBe('needs feature f16');
    expect(findMatrixObstacle(without({ subgroupMatrixConfigs: [] }))).toBe(
      'needs subgroup matrices f16 -> f32',
    );
    expect(findMatrixObstacle(without({ subgroupMinSize: 8 }))).toBe(
      'needs subgroups of one size, the adapter has 8 to 32',
    );
    expect(() => matrixMatmul.select(sizes, makeCaps({}))).toThrowErrorMatchingInlineSnapshot(
      `[UnsupportedError: matmul-matrix: expected a device that it can run on, but it needs feature f16. Take another variant.]`,
    );
  });
});

gpuSuite('matmul-matrix', (device) => {
  beforeEach((context) => {
    const obstacle = findMatrixObstacle(device().caps);
    if (obstacle && process.env.FOX_REQUIRE_MATRIX === '1') throw new Error(obstacle);
    if (obstacle) context.skip(obstacle);
  });

  const multiple = { ...sizes, id: 'multiples', batch: 2, m: 32, n: 48, k: 64 };
  test.each([multiple, { ...sizes, id: 'ragged' }, ...matmulCases])('$id', async (sizes) => {
    const { batch, m, n, k } = sizes;
    const [a, b] = [randomHalves(42, batch * m * k), randomHalves(43, batch * k * n)];
    const { c } = await underTwoFills(device(), async () => {
      const ta = device().tensor(a, [a.length], { dtype: 'f16' });
      const tb = device().tensor(b, [b.length], { dtype: 'f16' });
      const tc = device().empty([batch, m, n]);
      matrixMatmul.run(device(), { dims: sizes, tensors: { a: ta, b: tb, c: tc } });
      const c = (await tc.data()) as Float32Array;
      for (const tensor of [ta, tb, tc]) tensor.dispose();
      return { c };
    });
    expectMatch('c', c, referenceMatmul(sizes, a, b), 1e-6);
  });
});
