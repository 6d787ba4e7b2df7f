import { constants } from 'node:os';
import { delimiter, dirname } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { type EnsureOptions, ensureSoftwareAdapter } from './ensure.ts';
import type { Environment } from './environment.ts';
import { SoftwareAdapterError } from './errors.ts';
import { findLavapipe, findSystemVulkan } from './system-vulkan.ts';

export type SoftwareDriver = 'lavapipe' | 'swiftshader';

export interface ChooseOptions extends EnsureOptions {
  /** `auto` (default): lavapipe where the machine has one that works, else SwiftShader. */
  readonly driver?: SoftwareDriver | 'auto';
}

export interface ChosenDriver {
  readonly driver: SoftwareDriver;
  /** Driver manifest, for VK_DRIVER_FILES. */
  readonly icdFile: string;
  /** The Vulkan loader, libvulkan.so.1. */
  readonly loader: string;
}

/** Picks a software driver and makes sure that its files are there. Changes nothing else. */
export const chooseSoftwareDriver = (options: ChooseOptions = {}): ChosenDriver => {
  const wanted = options.driver ?? 'auto';
  if (wanted !== 'swiftshader') {
    const vulkan = findSystemVulkan();
    const icdFile = findLavapipe(vulkan);
    if (icdFile && vulkan.loader) return { driver: 'lavapipe', icdFile, loader: vulkan.loader };
    if (wanted === 'lavapipe') throw noLavapipe();
  }
  const { icdFile, loader } = ensureSoftwareAdapter(options);
  return { driver: 'swiftshader', icdFile, loader };
};

const noLavapipe = (): SoftwareAdapterError =>
  new SoftwareAdapterError(
    'unsupported-platform',
    'softwareAdapter: expected lavapipe of Mesa >= 25 (lvp_icd*.json), found none. ' +
      "Install it (Debian: mesa-vulkan-drivers) or use driver 'swiftshader'.",
  );

const RTLD_NODELETE = 0x1000; // not in os.constants; without it Node unloads the library again

/** Loads the loader for good, so that Dawn's dlopen("libvulkan.so.1") finds it by name. */
const keepLoaded = (loader: string): void => {
  const { RTLD_NOW, RTLD_GLOBAL } = constants.dlopen;
  try {
    process.dlopen({ exports: {} }, loader, RTLD_NOW | RTLD_GLOBAL | RTLD_NODELETE);
  } catch {
    // Always thrown, since a Vulkan loader is no Node addon; it stays loaded.
  }
};

/**
 * Loads the carried Vulkan loader and no driver: for machines, often containers, that have a
 * GPU driver's manifest but no libvulkan.so.1. Main thread only, before `create()`.
 */
export const loadVulkanLoader = (options: EnsureOptions = {}): void =>
  keepLoaded(ensureSoftwareAdapter(options).loader);

/**
 * Makes a software Vulkan driver the one that this process finds. Call it in the main thread,
 * before `create()` of the webgpu package; a `create()` that found no adapter may come before.
 */
export const activateSoftwareAdapter = (options: ChooseOptions = {}): ChosenDriver => {
  const chosen = chooseSoftwareDriver(options);
  if (!isMainThread) {
    if (process.env.VK_DRIVER_FILES === chosen.icdFile) return chosen;
    // A worker's process.env is a copy that native code never sees.
    throw new SoftwareAdapterError(
      'worker-thread',
      'softwareAdapter: expected a call in the main thread, got one in a worker. ' +
        'Call activateSoftwareAdapter() before you start the worker.',
    );
  }
  process.env.VK_DRIVER_FILES = chosen.icdFile;
  keepLoaded(chosen.loader);
  return chosen;
};

/** The same for a process that is yet to start: variables to add to its environment. */
export const softwareAdapterEnv = (
  { driver, icdFile, loader }: ChosenDriver,
  env: Environment = process.env,
): Record<string, string> => {
  if (driver === 'lavapipe') return { VK_DRIVER_FILES: icdFile }; // its loader is found anyway
  const path = [dirname(loader), env.LD_LIBRARY_PATH].filter(Boolean).join(delimiter);
  return { VK_DRIVER_FILES: icdFile, LD_LIBRARY_PATH: path };
};
