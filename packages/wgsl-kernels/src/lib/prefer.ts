// Soft reasons of kernel variants: they can run, but another one is better on this device.

import type { DeviceCaps } from '@vulpes/tensor-core';

/** For variants that share workgroup memory. */
export const avoidBarriersOnCpu = ({ isSoftware }: DeviceCaps): string | null =>
  isSoftware ? 'a CPU adapter runs workgroup barriers slowly' : null;
