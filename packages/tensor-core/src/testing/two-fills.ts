// Runs a computation on memory poisoned in two ways: what differs was read before it was written.

import { expect } from 'vitest';
import type { Device } from '../api.ts';
import type { HostArray } from '../dtype.ts';
import { getInternals } from '../internals.ts';

/** A NaN, and a large finite number: some adapters drop NaN in max(). */
const FILLS = [0x7fc0dead, 0x4b3c614e];

/**
 * Runs `body` twice on poisoned memory with guard words behind every tensor, and demands bitwise equal results.
 * @returns the results of the second run.
 */
export async function underTwoFills<R extends Record<string, HostArray>>(
  device: Device,
  body: () => Promise<R>,
): Promise<R> {
  const { debugMemory } = getInternals(device);
  const results: R[] = [];
  for (const fill of FILLS) {
    debugMemory.start(fill);
    try {
      results.push(await body());
    } finally {
      await debugMemory.stop();
    }
  }
  const [first, second] = results as [R, R];
  for (const name of Object.keys(second)) {
    expect(bits(first[name] as HostArray), `${name} reads memory that was not written`).toEqual(
      bits(second[name] as HostArray),
    );
  }
  return second;
}

const bits = (array: HostArray) => new Uint32Array(array.buffer, array.byteOffset, array.length);
