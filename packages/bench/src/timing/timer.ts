// Wall time around record, submit and wait; and GPU time of each kernel by timestamps.

import type { Device, KernelTime } from '@vulpes/tensor-core';
import type { KernelTotal } from '../schema.ts';

/** Records and frees all that was made: a scope would keep what its body returns. */
export function recordAndFree(device: Device, record: () => unknown): void {
  device.scope(() => {
    record();
  });
}

/** Milliseconds from the first recorded command to the device's being idle again. Work of the host counts too: a user waits for both. */
export async function wallMs(device: Device, record: () => unknown): Promise<number> {
  await device.finish();
  const start = performance.now();
  recordAndFree(device, record);
  await device.finish();
  return performance.now() - start;
}

/** Milliseconds a run takes among others: each is recorded while the one before it runs, as in training. */
export async function streamMs(
  device: Device,
  record: () => unknown,
  runs: number,
): Promise<number> {
  recordAndFree(device, record);
  let before = device.finish();
  let start = 0;
  for (let run = 0; run <= runs; run++) {
    recordAndFree(device, record);
    const done = device.finish();
    await before;
    if (run === 0) start = performance.now();
    before = done;
  }
  await before;
  return (performance.now() - start) / (runs + 1);
}

/**
 * GPU time of each kernel of one run; null without timestamp queries. Each kernel gets a pass of its own, so gaps are not in it.
 * @param lead runs queued right before it and not counted, so that the device is not idle before it
 */
export async function kernelTimes(
  device: Device,
  record: () => unknown,
  lead = 0,
): Promise<readonly KernelTime[] | null> {
  if (!device.caps.features.timestampQuery) return null;
  const { result: skipped, kernels } = await device.profile(() => {
    const before = device.dispatchCount;
    for (let run = 0; run < lead; run++) recordAndFree(device, record);
    const skipped = device.dispatchCount - before;
    recordAndFree(device, record);
    return skipped;
  });
  return kernels.slice(skipped);
}

export const totalMs = (kernels: readonly KernelTime[]): number =>
  kernels.reduce((sum, kernel) => sum + kernel.nanoseconds, 0) / 1e6;

/** Launches of the same program added up, the costliest first. */
export function totalsByLabel(kernels: readonly KernelTime[]): KernelTotal[] {
  const totals = new Map<string, { launches: number; ms: number }>();
  for (const { label, nanoseconds } of kernels) {
    const total = totals.get(label) ?? { launches: 0, ms: 0 };
    totals.set(label, { launches: total.launches + 1, ms: total.ms + nanoseconds / 1e6 });
  }
  return [...totals]
    .map(([label, total]) => ({ label, ...total }))
    .sort((a, b) => b.ms - a.ms || a.label.localeCompare(b.label));
}
