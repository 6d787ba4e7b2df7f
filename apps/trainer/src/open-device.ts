// The device of a run, with its tuning table.

import { readFile } from 'node:fs/promises';
import { createDevice, type Device } from '@vulpes/tensor-core';
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
