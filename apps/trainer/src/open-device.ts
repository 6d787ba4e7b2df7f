// The device of a run, with its tuning table.

import { readFile } from 'node:fs/promises';
import { describeAdapter } from '@vulpes/cli-kit';
import { createDevice, type Device, type DeviceCaps, tuningFingerprint } from '@vulpes/tensor-core';
import { decodeTuning } from '@vulpes/training';
import type { TrainOptions } from './options.ts';

/** @throws ArgumentError where the table is none, or one of another adapter or of other kernels; and what else `createDevice` throws */
export async function openDevice({
  adapter,
  tuning: file,
}: Pick<TrainOptions, 'adapter' | 'tuning'>): Promise<Device> {
  const tuning = file === undefined ? file : decodeTuning(await readFile(file, 'utf8'), file);
  return await createDevice({ adapter, tuning });
}

/** What a run computes on, in words. */
export const deviceLines = (caps: DeviceCaps): string[] => [
  `Adapter: ${describeAdapter(caps)}`,
  ...(caps.tuning
    ? [`Tuning table: ${tuningFingerprint(caps.tuning)}, it divides the matrix products`]
    : []),
];
