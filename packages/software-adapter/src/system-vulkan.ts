import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import type { Environment } from './environment.ts';

/** A driver manifest that the Vulkan loader would find by itself. */
export interface VulkanManifest {
  readonly file: string;
  /** As the manifest says it, e.g. "1.4.305"; "" when unreadable. */
  readonly apiVersion: string;
}

export interface SystemVulkan {
  /** libvulkan.so.1 in a folder that the dynamic linker searches; undefined: no loader. */
  readonly loader: string | undefined;
  readonly manifests: readonly VulkanManifest[];
}

const LIBRARY_FOLDERS = [
  '/usr/lib/x86_64-linux-gnu',
  '/lib/x86_64-linux-gnu',
  '/usr/lib64',
  '/lib64',
  '/usr/local/lib',
  '/usr/lib',
  '/lib',
];

const list = (value: string | undefined): string[] =>
  (value ?? '').split(delimiter).filter(Boolean);

const findLoader = (env: Environment): string | undefined =>
  [...list(env.LD_LIBRARY_PATH), ...LIBRARY_FOLDERS]
    .map((folder) => join(folder, 'libvulkan.so.1'))
    .find((file) => existsSync(file));

/** The loader's own search path: configuration first, then data, user's before system's. */
const manifestFolders = (env: Environment): string[] => {
  const home = env.HOME ?? homedir();
  const roots = [
    env.XDG_CONFIG_HOME ?? join(home, '.config'),
    ...list(env.XDG_CONFIG_DIRS ?? '/etc/xdg'),
    '/etc',
    env.XDG_DATA_HOME ?? join(home, '.local/share'),
    ...list(env.XDG_DATA_DIRS ?? '/usr/local/share:/usr/share'),
  ];
  return roots.map((root) => join(root, 'vulkan', 'icd.d'));
};

const jsonFilesIn = (folder: string): string[] => {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .sort()
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
};

const apiVersion = (file: string): string => {
  try {
    const manifest = JSON.parse(readFileSync(file, 'utf8')) as { ICD?: { api_version?: string } };
    return manifest.ICD?.api_version ?? '';
  } catch {
    return '';
  }
};

/** What Vulkan this machine has, from files alone: nothing is loaded. Meant for Linux. */
export const findSystemVulkan = (env: Environment = process.env): SystemVulkan => {
  const named = list(env.VK_DRIVER_FILES ?? env.VK_ICD_FILENAMES);
  const files = named.length > 0 ? named : manifestFolders(env).flatMap(jsonFilesIn);
  const manifests = [...new Set(files)].map((file) => ({ file, apiVersion: apiVersion(file) }));
  return { loader: findLoader(env), manifests };
};

/**
 * Mesa's lavapipe, when it is new enough. Dawn refuses Mesa 22 and takes 25; a manifest has no
 * Mesa version, but Mesa 25.0 says Vulkan 1.4 in lavapipe's, and older ones say less.
 */
export const findLavapipe = (vulkan: SystemVulkan = findSystemVulkan()): string | undefined => {
  if (vulkan.loader === undefined) return undefined;
  const usable = vulkan.manifests.find(({ file, apiVersion: version }) => {
    const [major = 0, minor = 0] = version.split('.').map(Number);
    return basename(file).startsWith('lvp_icd') && (major > 1 || (major === 1 && minor >= 4));
  });
  return usable?.file;
};
