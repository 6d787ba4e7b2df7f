// A device that can be replaced: after an out-of-memory error nothing computes on the old one any more.

import type { Device } from '@vulpes/tensor-core';

/** Owns the device in use; `renew()` disposes of it and opens the next. The last one is the caller's to dispose of. */
export class DeviceSlot {
  readonly #open: () => Promise<Device>;
  #device: Device;

  /** @param open makes each further device */
  constructor(open: () => Promise<Device>, device: Device) {
    this.#open = open;
    this.#device = device;
  }

  /** With a first device of `open`. @throws what `open` throws, such as NoAdapterError */
  static async open(open: () => Promise<Device>): Promise<DeviceSlot> {
    return new DeviceSlot(open, await open());
  }

  /** The one to use now. */
  get device(): Device {
    return this.#device;
  }

  /** Gives the old device up, with all its memory and tensors. */
  async renew(): Promise<void> {
    this.#device.dispose();
    this.#device = await this.#open();
  }
}
