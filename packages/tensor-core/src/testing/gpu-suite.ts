// A test suite that needs a device: one per kernel family, skipped aloud where no adapter is, red where one must be.

import { beforeAll, beforeEach, describe } from 'vitest';
import type { Device } from '../api.ts';
import type { KernelFamily } from '../caps.ts';
import { createDevice } from '../create-device.ts';
import { NoAdapterError } from '../errors.ts';

/** By kernel family. Files that run in one process (`isolate: false`) share them: kernels compile once. */
const devices = new Map<KernelFamily | 'auto', Promise<Device>>();

function sharedDevice(kernels: KernelFamily | 'auto'): Promise<Device> {
  const device = devices.get(kernels) ?? createDevice({ kernels });
  devices.set(kernels, device);
  return device;
}

/**
 * Runs the suite on a device of the adapter's own kernel family, or once per family named.
 * FOX_REQUIRE_GPU=1 turns a missing adapter from a skip into a failure.
 */
export function gpuSuite(
  name: string,
  body: (device: () => Device) => void,
  families: readonly (KernelFamily | 'auto')[] = ['auto'],
): void {
  for (const kernels of families) {
    describe(kernels === 'auto' ? name : `${name} (${kernels} kernels)`, () => {
      let device: Device | null = null;
      let reason = '';
      beforeAll(async () => {
        try {
          device = await sharedDevice(kernels);
        } catch (error) {
          if (!NoAdapterError.isInstance(error) || process.env.FOX_REQUIRE_GPU === '1') throw error;
          reason = error.message;
        }
      });
      beforeEach((context) => {
        if (!device) context.skip(reason);
      });
      body(() => device as Device);
    });
  }
}
