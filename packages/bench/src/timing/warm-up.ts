// Keeps a device busy: many runs are queued before each wait, so that its clocks rise and stay up.

import type { Device } from '@vulpes/tensor-core';
import { recordAndFree } from './timer.ts';

/** Work queued before a wait, in ms: beside it, recording and waiting are short. */
const BATCH_MS = 100;
/** Bounds what the host holds of a batch. On the device its runs share memory, since each frees what it made. */
const MAX_BATCH_RUNS = 256;
/** Untimed work right before a sample, in ms. */
const LEAD_MS = 10;
/** Where the host is slower than the device, warm-up ends at this many times its seconds by the wall clock. */
const MAX_WALL = 3;

/** Untimed runs to queue before a timed one, so that it does not begin on a device that was idle; none for runs much longer than waking takes. */
export const leadRuns = (runMs: number): number =>
  Math.min(MAX_BATCH_RUNS, Math.round(LEAD_MS / runMs));

/**
 * One run of each work, which compiles it; then batches of each in turn, at least one, until the device was busy for `seconds` in all.
 * @returns ms of a queued run of each work, warm, host and device
 */
export async function warmUp(
  device: Device,
  works: readonly (() => unknown)[],
  seconds: number,
): Promise<number[]> {
  for (const record of works) await runBatch(device, record, 1);
  const last: Batch[] = works.map(() => ({
    runs: 1,
    recordMs: 0,
    busyMs: Number.POSITIVE_INFINITY,
  }));
  const start = performance.now();
  let busyMs = 0;
  do {
    const fillMs = Math.min(BATCH_MS, (1000 * seconds - busyMs) / works.length);
    for (const [index, record] of works.entries()) {
      const batch = await runBatch(device, record, runsFilling(fillMs, last[index] as Batch));
      last[index] = batch;
      busyMs += batch.busyMs;
    }
  } while (
    works.length > 0 &&
    busyMs < 1000 * seconds &&
    performance.now() - start < MAX_WALL * 1000 * seconds
  );
  return last.map((batch) => (batch.recordMs + batch.busyMs) / batch.runs);
}

interface Batch {
  readonly runs: number;
  readonly recordMs: number;
  /** From the submit until the device is idle. */
  readonly busyMs: number;
}

/** As many as take `ms`, on the slower of host and device, if they run as those of the last batch did. */
const runsFilling = (ms: number, { runs, recordMs, busyMs }: Batch): number =>
  Math.max(1, Math.min(MAX_BATCH_RUNS, Math.round((ms * runs) / Math.max(recordMs, busyMs))));

async function runBatch(device: Device, record: () => unknown, runs: number): Promise<Batch> {
  const start = performance.now();
  for (let run = 0; run < runs; run++) recordAndFree(device, record);
  const recorded = performance.now();
  await device.finish();
  return { runs, recordMs: recorded - start, busyMs: performance.now() - recorded };
}
