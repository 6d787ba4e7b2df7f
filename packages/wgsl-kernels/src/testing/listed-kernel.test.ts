import { makeCaps } from '@vulpes/tensor-core/testing';
import { expect, test } from 'vitest';
import { defineKernel } from '../define-kernel.ts';
import { findKernelProblems, findUnlisted } from './listed-kernel.ts';

const large = defineKernel({
  name: 'large',
  source: `
@group(0) @binding(0) var<storage, read_write> y: array<f32>;
var<workgroup> t_values: array<vec4f, 1025>;
@compute @workgroup_size(512) fn main() { y[0] = t_values[0].x; }`,
  bindings: ['y:write'],
  select: (_dims: { readonly size: number }) => ({}),
  grid: ({ size }) => [size, 1, 1],
});

test('what exceeds the portable limits is found, at the size where it does', () => {
  const problems = [
    'large: expected at most 256 threads in a workgroup, got 512',
    'large: expected at most 16384 bytes of workgroup memory, got 16400',
  ];
  const find = (...counts: number[]) =>
    findKernelProblems({ kernel: large, sizes: counts.map((size) => ({ size })) }, makeCaps());
  expect(find(1)).toEqual(problems);
  const grid = (size: number) =>
    `large: expected 1 to 65535 workgroups in x, y and z, got ${size},1,1`;
  expect(find(1, 65536, 0)).toEqual([...problems, grid(65536), grid(0)]);
});

test('required limits count instead of the portable ones', () => {
  const limits = { maxComputeInvocationsPerWorkgroup: 512, maxComputeWorkgroupStorageSize: 32768 };
  const listed = { kernel: large, sizes: [{ size: 1 }], requires: { limits } };
  expect(findKernelProblems(listed, makeCaps())).toEqual([]);
});

test('kernels and ops that are not listed are found among exports, also where they share a name', () => {
  const sum = { ...large, name: 'sum' };
  const modules = [
    { large, count: 3 },
    { sum, variants: { op: 'sum', choose: () => null } },
  ];
  const all = ['kernel large', 'kernel sum', 'variants of sum'];
  const kernels = [{ kernel: large }, { kernel: sum }];
  expect(findUnlisted(modules, [], [])).toEqual(all);
  expect(findUnlisted(modules, kernels, [])).toEqual(['variants of sum']);
  expect(findUnlisted(modules, kernels, [{ op: 'sum' }])).toEqual([]);
});
