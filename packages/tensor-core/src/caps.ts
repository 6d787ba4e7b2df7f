// What an adapter offers, probed once: kernels choose their variant from this and from nothing else.

/** Which family of kernels to use: `gpu` (workgroup-memory tiles) or `software` (register blocks, no barriers). */
export type KernelFamily = 'gpu' | 'software';

export interface DeviceCaps {
  readonly adapter: {
    readonly vendor: string;
    readonly architecture: string;
    readonly device: string;
    readonly description: string;
  };
  /** True on CPU adapters (SwiftShader, lavapipe, WARP). Their timings say nothing about a GPU. */
  readonly isSoftware: boolean;
  readonly kernels: KernelFamily;
  readonly features: {
    readonly f16: boolean;
    readonly subgroups: boolean;
    readonly subgroupMatrix: boolean;
    readonly timestampQuery: boolean;
  };
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

export function probeCaps(
  device: GPUDevice,
  info: GPUAdapterInfo,
  choice: { kernels: KernelFamily | 'auto'; toggles: readonly string[]; notes: readonly string[] },
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
    kernels: choice.kernels === 'auto' ? (isSoftware ? 'software' : 'gpu') : choice.kernels,
    features: {
      f16: features.has('shader-f16'),
      subgroups: features.has('subgroups'),
      subgroupMatrix: features.has('chromium-experimental-subgroup-matrix'),
      timestampQuery: features.has('timestamp-query'),
    },
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
