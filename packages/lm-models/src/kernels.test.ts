// All kernels of this package: listed, and within the limits of every WebGPU device.

import { makeCaps } from '@vulpes/tensor-core/testing';
import { findKernelProblems, findUnlisted } from '@vulpes/wgsl-kernels/testing';
import { describe, expect, test } from 'vitest';
import { listKernels, listVariants } from './testing/index.ts';

const modules = import.meta.glob<object>('./**/*.kernel.ts', { eager: true });

const devices = [
  ['a GPU', makeCaps({ subgroupMinSize: 32, subgroupMaxSize: 32 })],
  ['a CPU adapter', makeCaps({ isSoftware: true, subgroupMinSize: 4, subgroupMaxSize: 4 })],
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
