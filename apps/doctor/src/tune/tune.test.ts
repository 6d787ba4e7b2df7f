// The tuner: which products it measures, that it measures only what computes the right product, and what it makes of the times.

import { foxPreset } from '@vulpes/lm-models';
import { adapterKey } from '@vulpes/tensor-core';
import { gpuSuite, makeCaps } from '@vulpes/tensor-core/testing';
import { decodeTuning, encodeTuning } from '@vulpes/training';
import { launchMatmul } from '@vulpes/wgsl-kernels';
import { expect, test } from 'vitest';
import { type MeasuredCandidate, type MeasuredProduct, measureProduct } from './measure.ts';
import { type StepProduct, stepProducts } from './step-products.ts';
import { compareTensors, fillNumbers, readError } from './tensors.ts';
import { tune } from './tune.ts';
import { tuningPath } from './tuning-path.ts';
import { chooseBest, makeTable, productLine } from './tuning-report.ts';

const describeProduct = ({ m, n, k, transposeA, transposeB, dtypeC }: StepProduct) =>
  `${transposeA ? 't' : 'n'}${transposeB ? 't' : 'n'} ${m}x${n}x${k} ${dtypeC}`;

test('the products of a step: forward, input and weight of each matrix, once; packed projections as a whole', () => {
  const products = stepProducts(foxPreset('pro-125m'), { tokens: 16384, dtype: 'f16' });
  expect(products.map(describeProduct)).toEqual([
    ...['nt 16384x3136x768 f16', 'nn 16384x768x3136 f16', 'tn 3136x768x16384 f32'],
    ...['nt 16384x768x768 f16', 'nn 16384x768x768 f16', 'tn 768x768x16384 f32'],
    ...['nt 16384x3584x768 f16', 'nn 16384x768x3584 f16', 'tn 3584x768x16384 f32'],
    ...['nt 16384x768x1792 f16', 'nn 16384x1792x768 f16', 'tn 768x1792x16384 f32'],
    ...['nt 2560x50257x768 f16', 'nn 2560x768x50257 f16', 'tn 50257x768x2560 f32'],
  ]);
});

const product: StepProduct = {
  ...{ m: 48, n: 40, k: 300, transposeA: true, transposeB: false },
  ...{ dtypeA: 'f32', dtypeB: 'f32', dtypeC: 'f32' },
};

const candidate = (
  tile: string,
  microseconds: number | null,
  of: Partial<MeasuredCandidate> = {},
): MeasuredCandidate => ({
  ...{ variant: 'tiled', tile, splits: 1, error: 0, isRight: microseconds !== null, microseconds },
  ...of,
});

const measuredOf = (...candidates: MeasuredCandidate[]): MeasuredProduct => ({
  product,
  candidates,
});

test('the fastest right candidate is chosen, the own one where it is about as fast', () => {
  const best = (...candidates: MeasuredCandidate[]) => chooseBest(measuredOf(...candidates))?.tile;
  expect(best(candidate('large', 100), candidate('small', 90))).toBe('small');
  expect(best(candidate('large', 100), candidate('small', 99))).toBe('large');
  expect(best(candidate('large', null), candidate('small', 99))).toBe('small');
  expect(best(candidate('large', null))).toBeUndefined();
});

test('a line for each product names what was chosen, and what is wrong', () => {
  expect([
    productLine(measuredOf(candidate('large', 100), candidate('small', 50, { splits: 2 }))),
    productLine(measuredOf(candidate('large', 100), candidate('small', null, { error: 3 }))),
    productLine(measuredOf(candidate('small', null, { error: 3 }))),
  ]).toMatchInlineSnapshot(`
    [
      "tn f32  48 × 40 × 300: small, 2 parts, 50.0 µs, 0.0230 TFLOP/s instead of large, 100.0 µs, 0.0115 TFLOP/s",
      "tn f32  48 × 40 × 300: large, 100.0 µs, 0.0115 TFLOP/s, as without a table; small/1 is WRONG, off by 3.0e+0",
      "tn f32  48 × 40 × 300: no candidate is right; small/1 is WRONG, off by 3.0e+0",
    ]
  `);
});

test('what is measured makes a table that can be written and read', () => {
  const caps = makeCaps();
  const table = makeTable(caps, [measuredOf(candidate('large', 100), candidate('small', 50.04))]);
  expect(table.adapter).toBe(adapterKey(caps));
  expect(table.matmul).toEqual([
    {
      ...{ variant: 'tiled', form: 'tn', dtype: 'f32', m: 48, n: 40, k: 300 },
      ...{ tile: 'small', splits: 1, microseconds: 50 },
    },
  ]);
  expect(decodeTuning(encodeTuning(table), 'a.json')).toEqual(table);
  expect(makeTable(caps, [measuredOf(candidate('large', null))]).matmul).toEqual([]);
});

test('tables lie in the cache folder of the user, one for each adapter and version of the kernels', () => {
  const at = (platform: string, environment: Record<string, string>, kernels = 'k') =>
    tuningPath({ adapter: 'a', kernels }, { platform, home: '/home/u', environment });
  expect(at('linux', {})).toMatch(/^\/home\/u\/\.cache\/vulpes\/tuning\/[0-9a-f]{16}\.json$/);
  expect(at('linux', { XDG_CACHE_HOME: '/c' })).toMatch(/^\/c\/vulpes\/tuning\//);
  expect(at('darwin', {})).toMatch(/^\/home\/u\/Library\/Caches\/vulpes\/tuning\//);
  expect(at('win32', { LOCALAPPDATA: '/l' })).toMatch(/^\/l\/vulpes\/tuning\//);
  expect(at('linux', {})).not.toBe(at('linux', {}, 'other'));
});

test('a software adapter is not timed', async () => {
  const options = { adapter: 'software', preset: 'pro-nano', tokens: 64 } as const;
  await expect(tune(options, () => {})).rejects.toThrow('expected a GPU, got a software adapter');
});

gpuSuite(
  'measureProduct',
  (device) => {
    test('compares every candidate with the plain kernel, and times those that are right', async () => {
      const { candidates } = await measureProduct(device(), product, { count: 4, runs: 3 });
      expect(candidates.length).toBe(4);
      for (const { error, isRight, microseconds } of candidates) {
        expect(isRight).toBe(true);
        expect(error).toBeLessThan(1e-5);
        expect(microseconds).toBeGreaterThan(0);
      }
      expect(new Set(candidates.map(({ tile, splits }) => `${tile} ${splits}`)).size).toBe(4);
    });

    test('a product that lacks a part of K is seen', async () => {
      const { m, n, k } = product;
      using a = device().empty([k, m]);
      using b = device().empty([k, n]);
      using expected = device().empty([m, n]);
      using c = device().empty([m, n]);
      fillNumbers(a, 1);
      fillNumbers(b, 2);
      launchMatmul(device(), { ...product, a, b, c: expected });
      launchMatmul(device(), { ...product, a, b, c, k: k - 1 });
      using same = compareTensors(expected, expected);
      using differences = compareTensors(c, expected);
      expect(await readError(same, m * n)).toBe(0);
      expect(await readError(differences, m * n)).toBeGreaterThan(1e-2);
      device().write(c, new Float32Array(m * n).fill(Number.NaN));
      using broken = compareTensors(c, expected);
      expect(await readError(broken, m * n)).toBeGreaterThan(1e20);
    });
  },
  ['tiled'],
);
