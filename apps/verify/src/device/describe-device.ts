// The device under test in two or three lines.

import type { DeviceCaps } from '@vulpes/tensor-core';

export function describeDevice(caps: DeviceCaps): string[] {
  const { vendor, architecture, description } = caps.adapter;
  const name = [vendor, architecture, description].filter(Boolean).join(' ');
  const kind = caps.isSoftware ? 'software, on the CPU' : 'hardware';
  return [
    `Adapter: ${name || 'unnamed'} (${kind}). ${caps.notes.join(' ')}`.trim(),
    `Kernels: ${caps.kernels}`,
  ];
}
