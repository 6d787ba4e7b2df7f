// A device that can be replaced: after an out-of-memory error nothing computes on the old one any more.

import type { Device } from '@vulpes/tensor-core';

export class DeviceSlot {
  readonly #open: () => Promise<Device>;
  #device: Device;

  constructor(open: () => Promise<Device>, device: Device) {
    this.#open = open;
    this.#device = device;
  }

  static async open(open: () => Promise<Device>): Promise<DeviceSlot> {
    return new DeviceSlot(open, await open());
  }

  /** The one to use now. */
  get device(): Device {
    return this.#device;
  }

  /** Gives the old device up, with all its memory. */
  async renew(): Promise<void> {
    this.#device.dispose();
    this.#device = await this.#open();
  }
}
