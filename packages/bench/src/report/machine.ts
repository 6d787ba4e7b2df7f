// The machine of a report, and its adapter in words.

import { type Device, formatVariants } from '@vulpes/tensor-core';
import type { HostInfo, MachineInfo } from '../schema.ts';

export const describeMachine = ({ caps }: Pick<Device, 'caps'>, host: HostInfo): MachineInfo => ({
  ...caps,
  kernels: formatVariants(caps.variants),
  host,
});

/** `nvidia NVIDIA H100`; with forced variants `nvidia NVIDIA H100 (matmul=tiled kernels)`. Older reports say `gpu` or `software`. */
export function adapterName({
  adapter,
  kernels,
}: Pick<MachineInfo, 'adapter'> & { readonly kernels?: string | undefined }): string {
  const { vendor, device, description, architecture } = adapter;
  // Some drivers name the card, as nvidia-h100-80gb-hbm3; others give a number, or the architecture again.
  const isName = !device.startsWith('0x') && !(architecture && device.startsWith(architecture));
  const card = isName ? device : '';
  const words = [
    vendor && card.startsWith(vendor) ? '' : vendor,
    card,
    description || architecture,
    kernels && kernels !== 'auto' && `(${kernels} kernels)`,
  ];
  return words.filter(Boolean).join(' ');
}

/** `commit 0123456789 with changes` */
export function commitOf({ host: { commit, isDirty } }: Pick<MachineInfo, 'host'>): string {
  if (!commit) return 'no commit known';
  return `commit ${commit.slice(0, 10)}${isDirty ? ' with changes' : ''}`;
}
