// An adapter in words.

import type { DeviceCaps } from '@vulpes/tensor-core';

type Adapter = DeviceCaps['adapter'];

/** `nvidia NVIDIA H100 PCIe`, or `unnamed` */
export function getAdapterName({ vendor, device, description, architecture }: Adapter): string {
  // Some drivers name the card in `device`; others give a number there, or the architecture again.
  const isName = !device.startsWith('0x') && !(architecture && device.startsWith(architecture));
  const card = isName ? device : '';
  const words = [
    vendor && card.startsWith(vendor) ? '' : vendor,
    card,
    description || architecture,
  ];
  return words.filter(Boolean).join(' ') || 'unnamed';
}

/** Name, kind, and why it was taken. */
export function describeAdapter({ adapter, isSoftware, notes }: DeviceCaps): string {
  const kind = isSoftware ? 'software, on the CPU' : 'hardware';
  return `${getAdapterName(adapter)} (${kind}). ${notes.join(' ')}`.trim();
}
