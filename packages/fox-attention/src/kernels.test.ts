// All kernels of this package: listed, and within the limits of every WebGPU device.

import { makeCaps } from '@vulpes/tensor-core/testing';
import { findKernelProblems, findUnlisted } from '@vulpes/wgsl-kernels/testing';
import { describe, expect, test } from 'vitest';
import { listKernels, listVariants } from './testing/index.ts';

const modules = import.meta.glob<object>('./**/*.kernel.ts', { eager: true });

const products = (side: number) =>
  ['f16', 'f32'].map((resultComponentType) => {
    return { componentType: 'f16', resultComponentType, M: side, N: side, K: side };
  });

/** With subgroup matrices: kernels that need them are checked too. */
const gpu = (side: number, subgroup: number) =>
  makeCaps({
    features: { f16: true, subgroups: true, subgroupMatrix: true, timestampQuery: false },
    subgroupMatrixConfigs: products(side),
    subgroupMinSize: subgroup,
    subgroupMaxSize: subgroup,
  });

const devices = [
  ['an NVIDIA GPU', gpu(16, 32)],
  ['a CPU adapter', { ...gpu(8, 8), isSoftware: true }],
] as const;

test('all kernels and variants are listed', () => {
  expect(Object.keys(modules).length).toBeGreaterThan(0);
  // Mend it in src/testing/.
  expect(findUnlisted(Object.values(modules), listKernels(), listVariants())).toEqual([]);
});

describe.each(devices)('on %s', (_name, caps) => {
  test.each(listKernels().map((listed) => [listed.kernel.name, listed] as const))(
    '%s keeps the portable limits',
    (_kernel, listed) => {
      expect(listed.sizes.length).toBeGreaterThan(0);
      expect(findKernelProblems(listed, caps)).toEqual([]);
    },
  );
});
