import {
  chooseSoftwareDriver,
  isSupportedPlatform,
  type SoftwareDriver,
  softwareAdapterEnv,
} from '../../packages/software-adapter/src/index.ts';

/**
 * The environment in which test processes look for a Vulkan driver: a software one, so that
 * results do not depend on the machine. FOX_TEST_ADAPTER picks another: `system`, `lavapipe`,
 * `swiftshader`. A driver that the caller named in VK_DRIVER_FILES stays.
 */
export const adapterEnv = (env: NodeJS.ProcessEnv = process.env): Record<string, string> => {
  const wanted = env.FOX_TEST_ADAPTER ?? 'auto';
  const named = env.VK_DRIVER_FILES ?? env.VK_ICD_FILENAMES;
  if (wanted === 'system' || named || !isSupportedPlatform()) return {};
  return softwareAdapterEnv(
    chooseSoftwareDriver({ driver: wanted as SoftwareDriver | 'auto' }),
    env,
  );
};
