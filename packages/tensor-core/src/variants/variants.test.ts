// Which variant runs: by requirements, sizes and preference; by force; and how the choice is explained.

import { afterEach, describe, expect, test } from 'vitest';
import { createDevice } from '../create-device.ts';
import { gpuSuite, makeCaps } from '../testing/index.ts';
import {
  defineVariants,
  describeVariants,
  explainVariants,
  formatVariants,
  parseVariants,
} from './index.ts';

interface Dims {
  readonly k: number;
}

const f16Product = { componentType: 'f16', resultComponentType: 'f32', M: 8, N: 8, K: 8 };
const product = defineVariants<Dims, { readonly threads: number }>('test-product', [
  {
    name: 'matrix',
    threads: 32,
    requires: {
      features: ['f16', 'subgroupMatrix'],
      subgroupSizes: { min: 8, max: 32 },
      subgroupMatrices: [f16Product],
      limits: { maxComputeWorkgroupStorageSize: 32768 },
    },
    supports: ({ k }) => k % 8 === 0 || `needs K in multiples of 8, got ${k}`,
  },
  {
    name: 'tiled',
    threads: 256,
    avoid: ({ isSoftware }) => (isSoftware ? 'a CPU adapter runs workgroup barriers slowly' : null),
  },
  { name: 'scalar', threads: 64 },
]);
defineVariants<Dims, unknown>('test-sum', [{ name: 'tiled' }, { name: 'scalar' }]);

const matrixFeatures = {
  features: { f16: true, subgroups: true, subgroupMatrix: true, timestampQuery: false },
  subgroupMinSize: 8,
  subgroupMaxSize: 32,
};
const withMatrices = makeCaps({
  ...matrixFeatures,
  subgroupMatrixConfigs: [{ ...f16Product, M: 16 }, f16Product],
  limits: { ...makeCaps().limits, maxComputeWorkgroupStorageSize: 32768 },
});
const software = makeCaps({ isSoftware: true });
const force = (variants: Record<string, string>, caps = makeCaps()) => ({ ...caps, variants });

describe('the choice', () => {
  test('is the first variant that can run and has no reason against it', () => {
    expect(product.choose(withMatrices, { k: 64 })).toMatchObject({ name: 'matrix', threads: 32 });
    expect(product.choose(withMatrices, { k: 60 }).name).toBe('tiled');
    expect(product.choose(makeCaps(), { k: 64 }).name).toBe('tiled');
    expect(product.choose(software, { k: 64 }).name).toBe('scalar');
  });

  test('is one that the device avoids where nothing else can run', () => {
    const only = defineVariants<Dims, unknown>('test-only', [product.variants[1]!]);
    expect(only.choose(software).name).toBe('tiled');
  });

  test('forced for an op overrides preference, not requirements', () => {
    expect(product.choose(force({ 'test-product': 'tiled' }, software)).name).toBe('tiled');
    expect(product.choose(force({ 'test-product': 'scalar' }, withMatrices)).name).toBe('scalar');
    expect(() =>
      product.choose(force({ 'test-product': 'matrix' }), { k: 64 }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[UnsupportedError: test-product: expected a device and sizes that variant matrix can run with, but needs feature f16, needs feature subgroupMatrix, needs subgroups of 8 to 32, the adapter names none, needs subgroup matrices 8x8x8 f16 -> f32, needs maxComputeWorkgroupStorageSize 32768, the device has 16384. test-product has the variants matrix, tiled, scalar.]`,
    );
    expect(() =>
      product.choose(force({ 'test-product': 'matrix' }, withMatrices), { k: 60 }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[UnsupportedError: test-product: expected a device and sizes that variant matrix can run with, but needs K in multiples of 8, got 60. test-product has the variants matrix, tiled, scalar.]`,
    );
  });

  test('forced for all ops holds wherever the variant can run', () => {
    const all = force({ '*': 'matrix' }, withMatrices);
    expect(product.choose(all, { k: 64 }).name).toBe('matrix');
    expect(product.choose(all, { k: 60 }).name).toBe('tiled');
    expect(product.choose(force({ '*': 'tiled', 'test-product': 'scalar' })).name).toBe('scalar');
  });

  test('without a variant that can run is an error with all reasons', () => {
    const strict = defineVariants<Dims, unknown>('test-strict', [product.variants[0]!]);
    expect(() => strict.choose(makeCaps())).toThrowErrorMatchingInlineSnapshot(
      `[UnsupportedError: test-strict: expected a device and sizes that one of its variants can run with, got none. matrix: needs feature f16, needs feature subgroupMatrix, needs subgroups of 8 to 32, the adapter names none, needs subgroup matrices 8x8x8 f16 -> f32, needs maxComputeWorkgroupStorageSize 32768, the device has 16384.]`,
    );
  });
});

describe('the explanation', () => {
  const reasons = (caps = makeCaps(), dims?: Dims) => {
    const { runs, variants } = explainVariants(product, caps, dims);
    return { runs, ...Object.fromEntries(variants.map(({ name, reason }) => [name, reason])) };
  };

  test('gives a reason for each variant', () => {
    expect(reasons()).toMatchInlineSnapshot(`
      {
        "matrix": "needs feature f16, needs feature subgroupMatrix, needs subgroups of 8 to 32, the adapter names none, needs subgroup matrices 8x8x8 f16 -> f32, needs maxComputeWorkgroupStorageSize 32768, the device has 16384",
        "runs": "tiled",
        "scalar": "could run after tiled",
        "tiled": "runs",
      }
    `);
    expect(reasons(withMatrices)).toMatchInlineSnapshot(`
      {
        "matrix": "runs",
        "runs": "matrix",
        "scalar": "could run after matrix",
        "tiled": "could run after matrix",
      }
    `);
    expect(reasons(withMatrices, { k: 60 })).toMatchInlineSnapshot(`
      {
        "matrix": "needs K in multiples of 8, got 60",
        "runs": "tiled",
        "scalar": "could run after tiled",
        "tiled": "runs",
      }
    `);
    expect(reasons(software)).toMatchInlineSnapshot(`
      {
        "matrix": "needs feature f16, needs feature subgroupMatrix, needs subgroups of 8 to 32, the adapter names none, needs subgroup matrices 8x8x8 f16 -> f32, needs maxComputeWorkgroupStorageSize 32768, the device has 16384",
        "runs": "scalar",
        "scalar": "runs",
        "tiled": "a CPU adapter runs workgroup barriers slowly",
      }
    `);
    expect(reasons(force({ 'test-product': 'scalar' }))).toMatchInlineSnapshot(`
      {
        "matrix": "needs feature f16, needs feature subgroupMatrix, needs subgroups of 8 to 32, the adapter names none, needs subgroup matrices 8x8x8 f16 -> f32, needs maxComputeWorkgroupStorageSize 32768, the device has 16384",
        "runs": "scalar",
        "scalar": "runs: it was asked for",
        "tiled": "could run",
      }
    `);
  });

  test('names a matrix shape and subgroup sizes that do not fit', () => {
    const other = { ...matrixFeatures, subgroupMaxSize: 64 };
    expect(
      reasons(makeCaps({ ...withMatrices, ...other, subgroupMatrixConfigs: [] })),
    ).toMatchObject({
      runs: 'tiled',
      matrix:
        'needs subgroups of 8 to 32, the adapter has 8 to 64, needs subgroup matrices 8x8x8 f16 -> f32',
    });
  });

  test('names several subgroup sizes where one is needed', () => {
    const single = defineVariants<Dims, unknown>('test-single', [
      { name: 'subgroup', requires: { hasOneSubgroupSize: true } },
      { name: 'tiled' },
    ]);
    expect(explainVariants(single, withMatrices).variants[0]?.reason).toBe(
      'needs subgroups of one size, the adapter has 8 to 32',
    );
    const caps = makeCaps({ ...matrixFeatures, subgroupMinSize: 32 });
    expect(explainVariants(single, caps).runs).toBe('subgroup');
  });

  test('covers all ops by name', () => {
    const ours = describeVariants(makeCaps()).filter(({ op }) => op.startsWith('test-p'));
    expect(ours).toEqual([explainVariants(product, makeCaps())]);
  });
});

describe('names that a user gives', () => {
  test('are read from words, lists and records', () => {
    expect(parseVariants('tiled')).toEqual({ '*': 'tiled' });
    expect(parseVariants(['scalar', 'test-product=tiled'])).toEqual({
      '*': 'scalar',
      'test-product': 'tiled',
    });
    expect(parseVariants('scalar,test-product=tiled')).toEqual(
      parseVariants({ '*': 'scalar', 'test-product': 'tiled' }),
    );
  });

  test('are written as they are read, and auto where nothing is forced', () => {
    const forced = parseVariants(['test-product=tiled', 'scalar']);
    expect(formatVariants(forced)).toBe('test-product=tiled, scalar');
    expect(parseVariants(formatVariants(forced))).toEqual(forced);
    expect(formatVariants(parseVariants([]))).toBe('auto');
  });

  test('are errors where no op or variant has them', () => {
    expect(() => parseVariants('warp')).toThrow(
      "variants: expected a variant of any op (matrix, scalar, subgroup, tiled), got 'warp'.",
    );
    expect(() => parseVariants('test-product=subgroup')).toThrow(
      "variants: expected a variant of test-product (matrix, scalar, tiled), got 'subgroup'.",
    );
    expect(() => parseVariants('test-prodct=tiled')).toThrow(
      /expected an op among .*test-product.*, got 'test-prodct'/,
    );
  });
});

gpuSuite('a device with forced variants', (device) => {
  afterEach(() => {
    delete process.env.FOX_VARIANTS;
  });

  test('carries them, from options or FOX_VARIANTS', async () => {
    process.env.FOX_VARIANTS = 'test-product=tiled';
    using byEnvironment = await createDevice();
    using byOptions = await createDevice({ variants: 'scalar' });
    expect(byEnvironment.caps.variants).toEqual({ 'test-product': 'tiled' });
    expect(byOptions.caps.variants).toEqual({ '*': 'scalar' });
  });

  test('is not made where the adapter lacks what they need', async () => {
    if (device().caps.features.subgroupMatrix) return;
    await expect(createDevice({ variants: 'test-product=matrix' })).rejects.toThrow(
      /variants: expected a device that test-product=matrix can run on, but it needs feature .*subgroupMatrix.* test-product has the variants matrix, tiled, scalar/,
    );
    await expect(createDevice({ variants: 'matrix' })).rejects.toThrow(
      /variants: expected a device that matrix can run on, but it needs feature/,
    );
  });
});
