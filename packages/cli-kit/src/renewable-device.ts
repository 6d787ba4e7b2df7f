// A device that can be replaced: after an out-of-memory error the old one computes nothing.

import { createDevice, type Device, type DeviceOptions } from '@vulpes/tensor-core';

/** Owns the device in use. */
export class RenewableDevice implements Disposable {
  readonly #open: () => Promise<Device>;
  #device: Device;

  private constructor(open: () => Promise<Device>, device: Device) {
    this.#open = open;
    this.#device = device;
  }

  /** @throws NoAdapterError and what else `createDevice` throws */
  static async open(options: DeviceOptions): Promise<RenewableDevice> {
    const open = () => createDevice(options);
    return new RenewableDevice(open, await open());
  }

  /** The one to use now. */
  get device(): Device {
    return this.#device;
  }

  /** Disposes of the device with all its tensors, and opens another. */
  async renew(): Promise<void> {
    this.#device.dispose();
    this.#device = await this.#open();
  }

  dispose(): void {
    this.#device.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
