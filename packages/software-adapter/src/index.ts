export {
  activateSoftwareAdapter,
  type ChooseOptions,
  type ChosenDriver,
  chooseSoftwareDriver,
  loadVulkanLoader,
  type SoftwareDriver,
  softwareAdapterEnv,
} from './activate.ts';
export {
  type EnsureOptions,
  ensureSoftwareAdapter,
  isSupportedPlatform,
  type SoftwareAdapterFiles,
} from './ensure.ts';
export type { Environment } from './environment.ts';
export { SoftwareAdapterError, type SoftwareAdapterErrorCode } from './errors.ts';
export {
  findLavapipe,
  findSystemVulkan,
  type SystemVulkan,
  type VulkanManifest,
} from './system-vulkan.ts';
