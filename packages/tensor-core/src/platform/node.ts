// WebGPU in Node: Dawn from npm `webgpu`, on the system's Vulkan, Metal or D3D driver, or on a software adapter.

import { isSoftwareAdapter } from '../caps.ts';
import { NoAdapterError } from '../errors.ts';
import { calmPolling } from './calm-polling.ts';
import type { AdapterChoice, OpenedAdapter, Platform } from './types.ts';

/**
 * The first two offer subgroup matrices and NVIDIA's f16. Workgroup memory is not zeroed for us: our kernels write before they read,
 * and zeroing makes SwiftShader compile eight times longer. Timestamps would be coarse without the last.
 */
const TOGGLES = [
  'enable-dawn-features=allow_unsafe_apis,vulkan_enable_f16_on_nvidia,disable_workgroup_init',
  'disable-dawn-features=timestamp_quantization',
];

/** Dawn dies within a few hundred steps if its GPU object is collected, so every one is held for the life of the process. */
const heldAlive: unknown[] = [];

async function requestAdapter(): Promise<GPUAdapter | null> {
  const { create, globals } = await importDawn();
  Object.assign(globalThis, globals);
  const gpu = create(TOGGLES);
  heldAlive.push(gpu);
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter && isSoftwareAdapter(adapter.info)) calmPolling();
  return adapter;
}

async function importDawn(): Promise<typeof import('webgpu')> {
  try {
    return await import('webgpu');
  } catch (cause) {
    throw new NoAdapterError(
      `createDevice: npm package webgpu does not load on ${process.platform} ${process.arch}: ${messageOf(cause)}. It carries Linux x64 and arm64 (glibc ≥ 2.34 and the libstdc++ of GCC 12, as Debian 12 and Ubuntu 22.04 have), macOS and Windows; install it on the machine that runs it.`,
      { cause },
    );
  }
}

type SoftwareAdapterPackage = typeof import('@vulpes/software-adapter');

/** Null where it is not installed; a broken one is an error. */
async function importSoftwareAdapter(): Promise<SoftwareAdapterPackage | null> {
  try {
    return await import('@vulpes/software-adapter');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') return null;
    throw noAdapter(`@vulpes/software-adapter does not load: ${messageOf(cause)}`, cause);
  }
}

async function openAdapter(choice: AdapterChoice): Promise<OpenedAdapter> {
  const software = await importSoftwareAdapter();
  if (choice !== 'software' && prepareSystemVulkan(software)) {
    const adapter = await requestAdapter();
    if (adapter && !(choice === 'hardware' && isSoftwareAdapter(adapter.info))) {
      return { adapter, toggles: TOGGLES, notes: [systemNote(adapter)] };
    }
  }
  if (choice === 'hardware') {
    throw new NoAdapterError(
      "createDevice: no GPU with a working driver was found. Install the vendor's Vulkan driver, or take adapter 'auto' or 'software' (FOX_ADAPTER).",
    );
  }
  if (!software) {
    throw noAdapter('no GPU driver was found, and @vulpes/software-adapter is not installed');
  }
  return openSoftwareAdapter(software, choice);
}

/**
 * False where the machine has no Vulkan at all: asking Dawn would only print warnings.
 * A driver without a loader (common in containers) gets the carried loader.
 */
function prepareSystemVulkan(software: SoftwareAdapterPackage | null): boolean {
  if (!software?.isSupportedPlatform()) return true;
  const { loader, manifests } = software.findSystemVulkan();
  if (!loader && manifests.length > 0) software.loadVulkanLoader();
  return loader !== undefined || manifests.length > 0;
}

function systemNote(adapter: GPUAdapter): string {
  if (!isSoftwareAdapter(adapter.info))
    return "This is the system's GPU, found through its driver.";
  const source = process.env.VK_DRIVER_FILES
    ? 'VK_DRIVER_FILES names it'
    : "it is the system's only Vulkan driver";
  return `This is a software adapter on the CPU: ${source}.`;
}

async function openSoftwareAdapter(
  software: SoftwareAdapterPackage,
  choice: AdapterChoice,
): Promise<OpenedAdapter> {
  const driver = activate(software);
  const adapter = await requestAdapter();
  if (!adapter) throw noAdapter(`no GPU driver was found, and ${driver} does not start either`);
  const why = choice === 'software' ? 'it was asked for' : 'no GPU driver was found';
  const name =
    driver === 'lavapipe' ? "Mesa's lavapipe" : 'SwiftShader, brought by @vulpes/software-adapter';
  return {
    adapter,
    toggles: TOGGLES,
    notes: [`This is ${name}, a software adapter on the CPU: ${why}.`],
  };
}

function activate(software: SoftwareAdapterPackage): string {
  try {
    return software.activateSoftwareAdapter().driver;
  } catch (cause) {
    throw noAdapter(
      `no GPU driver was found, and the software adapter cannot be used: ${messageOf(cause)}`,
      cause,
    );
  }
}

const messageOf = (cause: unknown): string =>
  cause instanceof Error ? cause.message : String(cause);

function noAdapter(what: string, cause?: unknown): NoAdapterError {
  return new NoAdapterError(
    `createDevice: ${what}. Install a Vulkan driver (on Linux the GPU vendor's, or Mesa ≥ 25 for its CPU driver), or run on the CPU with: npm install @vulpes/software-adapter`,
    { cause },
  );
}

export const platform: Platform = {
  name: 'node',
  openAdapter,
  setting: (name) => process.env[name] || undefined,
};
