/**
 * The environment in which test processes look for a Vulkan driver. It has to be there before
 * they start: LD_LIBRARY_PATH set later has no effect.
 */
export const adapterEnv = (): Record<string, string> => ({});
