// Soft reasons of kernel variants: they can run, but another one is better on this device.

import type { DeviceCaps } from '@vulpes/tensor-core';

/** For variants that share workgroup memory. */
export const avoidBarriersOnCpu = ({ isSoftware }: DeviceCaps): string | null =>
  isSoftware ? 'a CPU adapter runs workgroup barriers slowly' : null;

/** For variants that sum over subgroups, beside one whose threads own their outputs. */
export const preferScalarOnCpu = ({ isSoftware }: DeviceCaps): string | null =>
  isSoftware ? 'the scalar kernel is made for CPU adapters' : null;
