// Where a report was made: the adapter as the device sees it, and the host as the app tells it.

import type { Device, DeviceCaps } from '@vulpes/tensor-core';

/** What only the app around knows; a browser knows less than Node. */
export interface HostInfo {
  /** `node v20.20.2`, or a browser's user agent. */
  readonly runtime: string;
  readonly platform: string;
  readonly cpu: string | null;
  readonly cores: number;
  readonly memoryBytes: number | null;
  /** Commit that the code was built from, and whether files differed from it. */
  readonly commit: string | null;
  readonly isDirty: boolean | null;
}

export interface MachineInfo extends Omit<DeviceCaps, 'toggles' | 'notes'> {
  readonly toggles: readonly string[];
  readonly notes: readonly string[];
  readonly host: HostInfo;
}

export const machineInfo = ({ caps }: Pick<Device, 'caps'>, host: HostInfo): MachineInfo => ({
  ...caps,
  host,
});

/** `nvidia NVIDIA H100 (gpu kernels)` */
export function adapterName({ adapter, kernels }: Pick<DeviceCaps, 'adapter' | 'kernels'>): string {
  const { vendor, device, description, architecture } = adapter;
  // Some drivers name the card, as nvidia-h100-80gb-hbm3; others give a number, or the architecture again.
  const isName = !device.startsWith('0x') && !(architecture && device.startsWith(architecture));
  const card = isName ? device : '';
  const words = [
    vendor && card.startsWith(vendor) ? '' : vendor,
    card,
    description || architecture,
  ];
  return `${words.filter(Boolean).join(' ')} (${kernels} kernels)`;
}
