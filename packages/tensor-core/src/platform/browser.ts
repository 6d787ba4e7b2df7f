// The browser's WebGPU, through navigator.gpu.

import { isSoftwareAdapter } from '../caps.ts';
import { NoAdapterError } from '../errors.ts';
import type { AdapterChoice, OpenedAdapter, Platform } from './types.ts';

const HELP =
  'Use a current Chrome, Edge, Firefox or Safari over https or localhost; on Linux start Chrome with --enable-unsafe-webgpu.';

async function openAdapter(choice: AdapterChoice): Promise<OpenedAdapter> {
  const gpu = globalThis.navigator?.gpu;
  if (!gpu)
    throw new NoAdapterError(
      `createDevice: this browser offers no WebGPU (navigator.gpu is missing). ${HELP}`,
    );
  const adapter = await gpu.requestAdapter(
    choice === 'software'
      ? { forceFallbackAdapter: true }
      : { powerPreference: 'high-performance' },
  );
  if (!adapter)
    throw new NoAdapterError(
      `createDevice: the browser found no ${choice} WebGPU adapter. ${HELP}`,
    );
  if (choice === 'hardware' && isSoftwareAdapter(adapter.info)) {
    throw new NoAdapterError(
      `createDevice: expected a hardware adapter, got ${adapter.info.description}. ${HELP}`,
    );
  }
  return { adapter, toggles: [], notes: ['The browser chose this adapter.'] };
}

export const platform: Platform = { name: 'browser', openAdapter, setting: () => undefined };
