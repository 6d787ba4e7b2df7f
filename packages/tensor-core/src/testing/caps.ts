// DeviceCaps for pure tests: what choices of kernels depend on, without a device.

import type { DeviceCaps } from '../caps.ts';

/** What every WebGPU device has, and nothing more. */
const PORTABLE: DeviceCaps = {
  adapter: { vendor: 'test', architecture: '', device: '', description: '' },
  isSoftware: false,
  features: { f16: false, subgroups: false, subgroupMatrix: false, timestampQuery: false },
  subgroupMinSize: 0,
  subgroupMaxSize: 0,
  subgroupMatrixConfigs: [],
  variants: {},
  tuning: null,
  limits: {
    maxBufferSize: 268435456,
    maxStorageBufferBindingSize: 134217728,
    maxStorageBuffersPerShaderStage: 8,
    maxComputeWorkgroupStorageSize: 16384,
    maxComputeInvocationsPerWorkgroup: 256,
    maxComputeWorkgroupsPerDimension: 65535,
  },
  toggles: [],
  notes: [],
};

/** A GPU with the least that WebGPU guarantees; `overrides` add to it. */
export const makeCaps = (overrides: Partial<DeviceCaps> = {}): DeviceCaps => ({
  ...PORTABLE,
  ...overrides,
});
