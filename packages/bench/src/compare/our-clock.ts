// Our side of a turn, timed as tools/yardsticks/src/timing.mjs times a peer.

import type { Device } from '@vulpes/tensor-core';
import { wallMs } from '../timing/timer.ts';
import type { OurWork } from './exercise.ts';
import type { Turn } from './turns.ts';

/** Milliseconds of each run, after untimed ones for at least `warmMs`. */
export async function timeOurs(
  device: Device,
  ours: Pick<OurWork, 'record'>,
  { runs, warmMs }: Turn,
): Promise<number[]> {
  const once = () => wallMs(device, () => ours.record());
  const warm = performance.now();
  while (performance.now() - warm < warmMs) await once();
  const samples: number[] = [];
  while (samples.length < runs) samples.push(await once());
  return samples;
}
