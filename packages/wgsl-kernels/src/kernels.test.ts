// All kernels of this package: listed, and within the limits of every WebGPU device.

import { makeCaps } from '@vulpes/tensor-core/testing';
import { describe, expect, test } from 'vitest';
import { findKernelProblems, findUnlisted, listKernels, listVariants } from './testing/index.ts';

const modules = import.meta.glob<object>('./**/*.kernel.ts', { eager: true });

/** With the matrices of lavapipe: kernels that need them are checked too. */
const matrix = { componentType: 'f16', resultComponentType: 'f32', M: 8, N: 8, K: 8 };
const gpu = makeCaps({
  features: { f16: true, subgroups: true, subgroupMatrix: true, timestampQuery: false },
  subgroupMatrixConfigs: [matrix],
  subgroupMinSize: 8,
  subgroupMaxSize: 8,
});
const devices = [
  ['a GPU', gpu],
  ['a CPU adapter', { ...gpu, isSoftware: true }],
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
