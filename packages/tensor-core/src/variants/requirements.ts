// What a kernel variant needs of a device, and what a device lacks of it.

import type { DeviceCaps, SubgroupMatrixConfig } from '../caps.ts';

/** Hard requirements of a variant: without them it cannot run. */
export interface Requirements {
  /** Names as in `caps.features`. */
  readonly features?: readonly (keyof DeviceCaps['features'])[];
  /** Subgroup sizes that the kernel can run with; every size of the adapter must be one of them. */
  readonly subgroupSizes?: { readonly min: number; readonly max: number };
  /** Whether all subgroups of the adapter must have the same size: a workgroup can then be exactly one. */
  readonly hasOneSubgroupSize?: boolean;
  /** Matrix shapes that the adapter must offer. */
  readonly subgroupMatrices?: readonly SubgroupMatrixConfig[];
  /** Limits that the device must reach, such as `maxComputeWorkgroupStorageSize: 32768`. */
  readonly limits?: Partial<DeviceCaps['limits']>;
}

/** What the device lacks, each as a phrase such as `needs feature f16`; empty if the variant can run. */
export function findMissing(requires: Requirements | undefined, caps: DeviceCaps): string[] {
  if (!requires) return [];
  return [
    ...(requires.features ?? [])
      .filter((name) => !caps.features[name])
      .map((name) => `needs feature ${name}`),
    ...findMissingSizes(requires, caps),
    ...(requires.subgroupMatrices ?? [])
      .filter((config) => !caps.subgroupMatrixConfigs.some((offered) => isSame(config, offered)))
      .map((config) => `needs subgroup matrices ${formatMatrixConfig(config)}`),
    ...findMissingLimits(requires, caps),
  ];
}

function findMissingSizes(requires: Requirements, caps: DeviceCaps): string[] {
  return [...findSizesOutside(requires, caps), ...findSeveralSizes(requires, caps)];
}

function findSeveralSizes({ hasOneSubgroupSize }: Requirements, caps: DeviceCaps): string[] {
  const { subgroupMinSize, subgroupMaxSize } = caps;
  if (!hasOneSubgroupSize || subgroupMinSize === subgroupMaxSize) return [];
  return [`needs subgroups of one size, the adapter has ${subgroupMinSize} to ${subgroupMaxSize}`];
}

function findSizesOutside({ subgroupSizes }: Requirements, caps: DeviceCaps): string[] {
  if (!subgroupSizes) return [];
  const { min, max } = subgroupSizes;
  const { subgroupMinSize, subgroupMaxSize } = caps;
  if (subgroupMaxSize === 0) return [`needs subgroups of ${min} to ${max}, the adapter names none`];
  if (subgroupMinSize >= min && subgroupMaxSize <= max) return [];
  return [
    `needs subgroups of ${min} to ${max}, the adapter has ${subgroupMinSize} to ${subgroupMaxSize}`,
  ];
}

function findMissingLimits({ limits = {} }: Requirements, caps: DeviceCaps): string[] {
  return Object.entries(limits).flatMap(([name, wanted]) => {
    const offered = caps.limits[name as keyof DeviceCaps['limits']];
    return offered >= wanted ? [] : [`needs ${name} ${wanted}, the device has ${offered}`];
  });
}

const isSame = (a: SubgroupMatrixConfig, b: SubgroupMatrixConfig): boolean =>
  a.componentType === b.componentType &&
  a.resultComponentType === b.resultComponentType &&
  a.M === b.M &&
  a.N === b.N &&
  a.K === b.K;

/** Such as `8x8x8 f16 -> f32` (M x N x K). */
export const formatMatrixConfig = (config: SubgroupMatrixConfig): string =>
  `${config.M}x${config.N}x${config.K} ${config.componentType} -> ${config.resultComponentType}`;
