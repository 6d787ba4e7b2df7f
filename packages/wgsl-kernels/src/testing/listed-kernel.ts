// A package's kernels as a list that its tests go through: text, params, grid and limits of each, at several sizes.

import type { DeviceCaps, Requirements } from '@vulpes/tensor-core';
import type { KernelSpec } from '../assemble.ts';
import type { KernelPlan } from '../define-kernel.ts';
import { findUnsetAtomics } from './find-unset-atomics.ts';
import { measureWorkgroup } from './measure-workgroup.ts';

/** What the checks need of a kernel, whatever its dims. */
export interface AnyKernel {
  readonly name: string;
  readonly bindings: readonly string[];
  plan(dims: never, caps: DeviceCaps): KernelPlan<KernelSpec>;
}

export interface ListedKernel {
  readonly kernel: AnyKernel;
  /** Dims of the smallest, an odd and the largest launch. */
  readonly sizes: readonly unknown[];
  /** Of a kernel that not every device can run: its limits count instead of the portable ones. */
  readonly requires?: Requirements;
}

/** What every WebGPU device has. */
const PORTABLE = {
  maxStorageBuffersPerShaderStage: 8,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupStorageSize: 16384,
  maxComputeWorkgroupsPerDimension: 65535,
};

/**
 * Sentences about a kernel that exceeds the limits, or reads a workgroup atomic before it is set; empty if all is well.
 * @throws KernelSpecError where text or params cannot be made for one of the sizes
 */
export function findKernelProblems(listed: ListedKernel, caps: DeviceCaps): string[] {
  const problems = listed.sizes.flatMap((dims) => {
    const plan = listed.kernel.plan(dims as never, caps);
    return [...findLimitProblems(listed, plan), ...findUnsetAtomics(plan.wgsl)];
  });
  return [...new Set(problems)].map((problem) => `${listed.kernel.name}: ${problem}`);
}

function findLimitProblems(
  { kernel, requires }: ListedKernel,
  { wgsl, workgroups }: KernelPlan<KernelSpec>,
): string[] {
  const limits = { ...PORTABLE, ...requires?.limits };
  const { threads, bytes } = measureWorkgroup(wgsl);
  const rows = [
    [kernel.bindings.length, limits.maxStorageBuffersPerShaderStage, 'storage buffers'],
    [threads, limits.maxComputeInvocationsPerWorkgroup, 'threads in a workgroup'],
    [bytes, limits.maxComputeWorkgroupStorageSize, 'bytes of workgroup memory'],
  ] as const;
  const tooMany = rows.filter(([count, limit]) => !(count <= limit));
  const isGrid = workgroups.every(
    (count) =>
      Number.isInteger(count) && count >= 1 && count <= limits.maxComputeWorkgroupsPerDimension,
  );
  return [
    ...tooMany.map(([count, limit, what]) => `expected at most ${limit} ${what}, got ${count}`),
    ...(isGrid ? [] : [`expected 1 to 65535 workgroups in x, y and z, got ${workgroups}`]),
  ];
}

/** Names of kernels, and of ops with variants, that the modules export and the lists lack. */
export function findUnlisted(
  modules: readonly object[],
  kernels: readonly Pick<ListedKernel, 'kernel'>[],
  variants: readonly { readonly op: string }[],
): string[] {
  const listed = [
    ...kernels.map(({ kernel }) => `kernel ${kernel.name}`),
    ...variants.map(({ op }) => `variants of ${op}`),
  ];
  const exported = modules.flatMap((module): unknown[] => Object.values(module));
  return exported
    .map(toListName)
    .filter((name) => name !== null && !listed.includes(name)) as string[];
}

function toListName(value: unknown): string | null {
  if (typeof value !== 'object' || value === null) return null;
  if ('plan' in value && 'name' in value) return `kernel ${value.name}`;
  return 'choose' in value && 'op' in value ? `variants of ${value.op}` : null;
}
