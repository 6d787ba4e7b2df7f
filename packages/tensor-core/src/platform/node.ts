// WebGPU in Node: Dawn from npm `webgpu`, on the system's Vulkan, Metal or D3D driver, or on a software adapter.

import { isSoftwareAdapter } from '../caps.ts';
import { NoAdapterError } from '../errors.ts';
import type { AdapterChoice, OpenedAdapter, Platform } from './types.ts';

/** f16 on NVIDIA and subgroup matrices are behind these; timestamps are coarse without the last. */
const TOGGLES = [
  'enable-dawn-features=allow_unsafe_apis,vulkan_enable_f16_on_nvidia',
  'disable-dawn-features=timestamp_quantization',
];

/** Dawn dies within a few hundred steps if its GPU object is collected, so every one is held for the life of the process. */
const heldAlive: unknown[] = [];

async function requestAdapter(): Promise<GPUAdapter | null> {
  const { create, globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  const gpu = create(TOGGLES);
  heldAlive.push(gpu);
  return gpu.requestAdapter({ powerPreference: 'high-performance' });
}

async function openAdapter(choice: AdapterChoice): Promise<OpenedAdapter> {
  if (choice !== 'software') {
    const adapter = await requestAdapter();
    if (adapter && !(choice === 'hardware' && isSoftwareAdapter(adapter.info))) {
      return { adapter, toggles: TOGGLES, notes: [systemNote(adapter)] };
    }
    if (choice === 'hardware') throw noAdapter('no hardware adapter was found');
  }
  return openSoftwareAdapter(choice);
}

function systemNote(adapter: GPUAdapter): string {
  if (!isSoftwareAdapter(adapter.info))
    return "This is the system's GPU, found through its driver.";
  const source = process.env.VK_DRIVER_FILES
    ? 'VK_DRIVER_FILES names it'
    : "it is the system's only Vulkan driver";
  return `This is a software adapter on the CPU: ${source}.`;
}

async function openSoftwareAdapter(choice: AdapterChoice): Promise<OpenedAdapter> {
  const software = await import('@vulpes/software-adapter').catch(() => null);
  if (!software)
    throw noAdapter('no GPU driver was found, and @vulpes/software-adapter is not installed');
  software.activateSoftwareAdapter();
  const adapter = await requestAdapter();
  if (!adapter)
    throw noAdapter('no GPU driver was found, and the software adapter does not start either');
  const why = choice === 'software' ? 'it was asked for' : 'no GPU driver was found';
  return {
    adapter,
    toggles: TOGGLES,
    notes: [
      `This is SwiftShader, a software adapter on the CPU, brought by @vulpes/software-adapter: ${why}.`,
    ],
  };
}

function noAdapter(what: string): NoAdapterError {
  return new NoAdapterError(
    `createDevice: ${what}. Install a Vulkan driver (on Linux the GPU vendor's, or Mesa ≥ 25 for its CPU driver), or run on the CPU with: npm install @vulpes/software-adapter`,
  );
}

export const platform: Platform = {
  name: 'node',
  openAdapter,
  setting: (name) => process.env[name] || undefined,
};
