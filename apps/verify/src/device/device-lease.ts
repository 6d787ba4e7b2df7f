// The device under test: opened at first use, and anew after a case that may have left it broken.

import { createDevice, type Device, type DeviceOptions } from '@vulpes/tensor-core';

export class DeviceLease {
  readonly #options: DeviceOptions;
  #device: Device | null = null;

  constructor(options: DeviceOptions) {
    this.#options = options;
  }

  /** @throws NoAdapterError */
  async get(): Promise<Device> {
    this.#device ??= await createDevice(this.#options);
    return this.#device;
  }

  /** Gives the device up; the next `get` opens another. */
  release(): void {
    this.#device?.dispose();
    this.#device = null;
  }
}
