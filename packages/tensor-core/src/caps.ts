// What an adapter offers, probed once: kernels choose their variant from this and from nothing else.

import type { TuningTable } from './tuning.ts';

/** A product of subgroup matrices that the adapter offers: [M, K] by [K, N]. */
export interface SubgroupMatrixConfig {
  /** Elements of the factors, such as `f16`. */
  readonly componentType: string;
  /** Elements of the product, such as `f32`. */
  readonly resultComponentType: string;
  readonly M: number;
  readonly N: number;
  readonly K: number;
}

export interface DeviceCaps {
  readonly adapter: {
    readonly vendor: string;
    readonly architecture: string;
    readonly device: string;
    readonly description: string;
  };
  /** True on CPU adapters (SwiftShader, lavapipe, WARP). Their timings say nothing about a GPU. */
  readonly isSoftware: boolean;
  readonly features: {
    readonly f16: boolean;
    readonly subgroups: boolean;
    readonly subgroupMatrix: boolean;
    readonly timestampQuery: boolean;
  };
  /** Threads of a subgroup: the adapter may use any size from min to max. 0 where it names none. */
  readonly subgroupMinSize: number;
  readonly subgroupMaxSize: number;
  /** Empty without subgroup matrices. */
  readonly subgroupMatrixConfigs: readonly SubgroupMatrixConfig[];
  /** Kernel variants that the user forced, by op; `*` holds for all ops. See `defineVariants`. */
  readonly variants: Readonly<Record<string, string>>;
  /** Choices that were measured on this adapter; null where the kernels' models choose. */
  readonly tuning: TuningTable | null;
  readonly limits: {
    readonly maxBufferSize: number;
    readonly maxStorageBufferBindingSize: number;
    readonly maxStorageBuffersPerShaderStage: number;
    readonly maxComputeWorkgroupStorageSize: number;
    readonly maxComputeInvocationsPerWorkgroup: number;
    readonly maxComputeWorkgroupsPerDimension: number;
  };
  /** Dawn toggles asked for; empty in browsers. */
  readonly toggles: readonly string[];
  /** Sentences for the user: which adapter was taken and why, which fallbacks are in force. */
  readonly notes: readonly string[];
}

/** Features that Vulpes asks for where the adapter has them; none is needed. */
const WANTED_FEATURES = [
  'shader-f16',
  'subgroups',
  'timestamp-query',
  'chromium-experimental-subgroup-matrix',
];

export function featuresToRequest(adapter: GPUAdapter): GPUFeatureName[] {
  return WANTED_FEATURES.filter((name) => adapter.features.has(name)) as GPUFeatureName[];
}

const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupsPerDimension',
] as const;

/** The adapter's own maxima: `requestDevice` without them gives the small defaults of the specification. */
export function limitsToRequest(adapter: GPUAdapter): Record<string, number> {
  return Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]]));
}

const SOFTWARE_ARCHITECTURES = /swiftshader|llvmpipe|lavapipe|software|warp|basic render/i;

export function isSoftwareAdapter(info: GPUAdapterInfo): boolean {
  const words = `${info.vendor} ${info.architecture} ${info.device} ${info.description}`;
  return info.isFallbackAdapter === true || SOFTWARE_ARCHITECTURES.test(words);
}

export interface ProbeOptions {
  readonly variants?: Readonly<Record<string, string>>;
  readonly tuning?: TuningTable | null;
  readonly toggles: readonly string[];
  readonly notes: readonly string[];
}

/** What @webgpu/types does not know yet. */
interface SubgroupInfo {
  readonly subgroupMinSize?: number;
  readonly subgroupMaxSize?: number;
  readonly subgroupMatrixConfigs?: Iterable<SubgroupMatrixConfig>;
}

function probeSubgroups(
  features: GPUSupportedFeatures,
  info: SubgroupInfo,
): Pick<DeviceCaps, 'subgroupMinSize' | 'subgroupMaxSize' | 'subgroupMatrixConfigs'> {
  const hasSubgroups = features.has('subgroups');
  const hasMatrices = features.has('chromium-experimental-subgroup-matrix');
  const configs = (hasMatrices && info.subgroupMatrixConfigs) || [];
  return {
    subgroupMinSize: (hasSubgroups && info.subgroupMinSize) || 0,
    subgroupMaxSize: (hasSubgroups && info.subgroupMaxSize) || 0,
    subgroupMatrixConfigs: [...configs].map(({ componentType, resultComponentType, M, N, K }) => {
      return { componentType, resultComponentType, M, N, K };
    }),
  };
}

export function probeCaps(
  device: GPUDevice,
  info: GPUAdapterInfo,
  choice: ProbeOptions,
): DeviceCaps {
  const isSoftware = isSoftwareAdapter(info);
  const { limits, features } = device;
  return {
    adapter: {
      vendor: info.vendor,
      architecture: info.architecture,
      device: info.device,
      description: info.description,
    },
    isSoftware,
    features: {
      f16: features.has('shader-f16'),
      subgroups: features.has('subgroups'),
      subgroupMatrix: features.has('chromium-experimental-subgroup-matrix'),
      timestampQuery: features.has('timestamp-query'),
    },
    ...probeSubgroups(features, info as SubgroupInfo),
    variants: choice.variants ?? {},
    tuning: choice.tuning ?? null,
    limits: {
      maxBufferSize: limits.maxBufferSize,
      maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
      maxStorageBuffersPerShaderStage: limits.maxStorageBuffersPerShaderStage,
      maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
      maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
      maxComputeWorkgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
    },
    toggles: choice.toggles,
    notes: choice.notes,
  };
}
