// Keeps a device busy: many runs are queued before each wait, so that its clocks rise and stay up.

import type { Device } from '@vulpes/tensor-core';
import { recordAndFree } from './timer.ts';

/** Work queued before a wait, in ms: beside it, recording and waiting are short. */
const BATCH_MS = 100;
/** Bounds what the host holds of a batch. On the device its runs share memory, since each frees what it made. */
const MAX_BATCH_RUNS = 256;
/** Untimed work right before a sample, in ms. */
const LEAD_MS = 10;

const runsFilling = (ms: number, runMs: number): number =>
  Math.min(MAX_BATCH_RUNS, Math.round(ms / runMs));

/** Untimed runs to queue before a timed one, so that it does not begin on a device that was idle; none for runs much longer than waking takes. */
export const leadRuns = (runMs: number): number => runsFilling(LEAD_MS, runMs);

/**
 * Of each work one run, which compiles it, and one more; then batches, until all of them have taken `seconds`.
 * @returns ms of a queued run of each work, warm, host and device
 */
export async function warmUp(
  device: Device,
  works: readonly (() => unknown)[],
  seconds: number,
): Promise<number[]> {
  const runsMs: number[] = [];
  for (const record of works) {
    await timeBatch(device, record, 1);
    const start = performance.now();
    let runMs = await timeBatch(device, record, 1);
    while (performance.now() - start < (1000 * seconds) / works.length)
      runMs = await timeBatch(device, record, Math.max(1, runsFilling(BATCH_MS, runMs)));
    runsMs.push(runMs);
  }
  return runsMs;
}

/** ms of a run. */
async function timeBatch(device: Device, record: () => unknown, runs: number): Promise<number> {
  const start = performance.now();
  for (let run = 0; run < runs; run++) recordAndFree(device, record);
  await device.finish();
  return (performance.now() - start) / runs;
}
