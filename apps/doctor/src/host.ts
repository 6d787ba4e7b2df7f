// The machine: Node, platform, and signs of GPUs and drivers.

import { existsSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { findSystemVulkan } from '@vulpes/software-adapter';

export interface Host {
  readonly node: string;
  readonly platform: string;
  readonly arch: string;
  readonly cores: number;
  readonly memoryBytes: number;
  /** Variables that change which adapter or kernels are used. */
  readonly environment: Readonly<Record<string, string>>;
  /** Linux: the Vulkan loader and the driver manifests that it would find; null elsewhere. */
  readonly vulkan: { readonly loader: string | null; readonly manifests: readonly string[] } | null;
  /** Device files and kernel modules of a GPU. */
  readonly traces: readonly GpuTrace[];
  /** What starts a command here: `./vulpes` in the portable folder; null = npm. */
  readonly launcher: string | null;
}

export type GpuTrace = 'nvidia' | 'dri' | 'wsl';

const TRACE_FILES: Readonly<Record<GpuTrace, readonly string[]>> = {
  nvidia: ['/dev/nvidia0', '/proc/driver/nvidia/version'],
  dri: ['/dev/dri/renderD128', '/dev/dri/renderD129'],
  wsl: ['/dev/dxg'],
};

const VARIABLES = ['FOX_ADAPTER', 'FOX_VARIANTS', 'VK_DRIVER_FILES', 'VK_ICD_FILENAMES'];

export function readHost(): Host {
  const isLinux = process.platform === 'linux';
  return {
    node: process.version,
    platform: process.platform,
    arch: process.arch,
    cores: cpus().length,
    memoryBytes: totalmem(),
    environment: Object.fromEntries(
      VARIABLES.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])),
    ),
    vulkan: isLinux ? readVulkan() : null,
    traces: isLinux ? findTraces() : [],
    launcher: process.env.VULPES_LAUNCHER || null,
  };
}

function readVulkan(): Host['vulkan'] {
  const { loader, manifests } = findSystemVulkan();
  return { loader: loader ?? null, manifests: manifests.map(({ file }) => file) };
}

const findTraces = (): GpuTrace[] =>
  (Object.keys(TRACE_FILES) as GpuTrace[]).filter((trace) => TRACE_FILES[trace].some(existsSync));
