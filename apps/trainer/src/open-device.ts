// The adapter, and the sentences that say which one and why.

import { createDevice, type Device } from '@vulpes/tensor-core';
import type { Adapter } from './options.ts';

/** @throws NoAdapterError with what was tried and what to do */
export const openDevice = (adapter: Adapter | undefined): Promise<Device> =>
  createDevice(adapter === undefined ? {} : { adapter });

export function describeAdapter({ caps }: Device): string {
  const { adapter, notes } = caps;
  const name = adapter.description || [adapter.vendor, adapter.architecture].join(' ').trim();
  return `${name || 'unnamed'} (${caps.kernels} kernels). ${notes.join(' ')}`.trim();
}
