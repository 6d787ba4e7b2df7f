import { makeCaps } from '@vulpes/tensor-core/testing';
import { expect, test } from 'vitest';
import { choosePrecision } from './precision.ts';

const features = { f16: true, subgroups: true, subgroupMatrix: true, timestampQuery: false };
const config = { componentType: 'f16', resultComponentType: 'f32', M: 16, N: 16, K: 16 } as const;

test('auto is mixed where f16 products have f32 sums in subgroup matrices', () => {
  const chosen = (caps: Parameters<typeof makeCaps>[0]) => choosePrecision('auto', makeCaps(caps));
  expect(chosen({ features, subgroupMatrixConfigs: [config] })).toEqual({
    precision: 'mixed',
    reason: 'f16 products by subgroup matrices, f32 sums and weights',
  });
  const halfSums = { ...config, resultComponentType: 'f16' };
  expect(chosen({ features, subgroupMatrixConfigs: [halfSums] })).toEqual({
    precision: 'f32',
    reason: 'this adapter has no subgroup matrices for f16',
  });
  expect(chosen({ features: { ...features, f16: false } })).toEqual({
    precision: 'f32',
    reason: 'this adapter has no f16',
  });
});

test('what is asked for is taken', () => {
  const reason = 'as asked for';
  expect(choosePrecision('f32', makeCaps({}))).toEqual({ precision: 'f32', reason });
  expect(choosePrecision('mixed', makeCaps({}))).toEqual({ precision: 'mixed', reason });
});
