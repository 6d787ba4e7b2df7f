import { join } from 'node:path';
import { archiveVersion, HASHES, LOADER, MANIFEST, readArchive } from './archive.ts';
import { cachedFolder } from './cache.ts';
import { SoftwareAdapterError } from './errors.ts';

export interface EnsureOptions {
  /** Parent of the unpacked folder; default: `vulpes` in the user's cache folder. */
  readonly cacheDir?: string;
}

/** Where SwiftShader lies, all paths absolute. */
export interface SoftwareAdapterFiles {
  readonly directory: string;
  /** Driver manifest, for VK_DRIVER_FILES. */
  readonly icdFile: string;
  /** The Vulkan loader, libvulkan.so.1. */
  readonly loader: string;
}

export const isSupportedPlatform = (
  platform: string = process.platform,
  arch: string = process.arch,
): boolean => platform === 'linux' && arch === 'x64';

/** Unpacks SwiftShader into the user's cache (6.6 MB, 0.1 s) unless it is there with the right bytes; returns where. */
export const ensureSoftwareAdapter = (options: EnsureOptions = {}): SoftwareAdapterFiles => {
  if (!isSupportedPlatform()) {
    throw new SoftwareAdapterError(
      'unsupported-platform',
      `softwareAdapter: expected linux x64, got ${process.platform} ${process.arch}. ` +
        'Use the GPU of this machine, or a Vulkan driver of its package manager.',
    );
  }
  const { cacheDir } = options;
  const contents = { hashes: HASHES, read: () => readArchive() };
  const directory = cachedFolder(`swiftshader-${archiveVersion()}`, contents, { cacheDir });
  return { directory, icdFile: join(directory, MANIFEST), loader: join(directory, LOADER) };
};
