// From when to when each temporary buffer of a recording is in use. Pure.

import type { PooledBuffer } from '../buffer-range.ts';
import { buffersOf, type Command } from '../command.ts';
import type { Lifetime } from './assign-slots.ts';
import { isVirtual, type VirtualBuffer } from './virtual-buffers.ts';

/**
 * By buffer, in the order of first use; positions are those in the list of commands.
 * @param kept - buffers with memory of their own, which are left out
 */
export function findLifetimes(
  commands: readonly Command[],
  kept: ReadonlySet<PooledBuffer>,
): Map<VirtualBuffer, Lifetime> {
  const lifetimes = new Map<VirtualBuffer, Lifetime>();
  commands.forEach((command, index) => {
    for (const buffer of buffersOf(command)) {
      if (!isVirtual(buffer) || kept.has(buffer)) continue;
      const first = lifetimes.get(buffer)?.first ?? index;
      lifetimes.set(buffer, { byteLength: buffer.capacity, first, last: index });
    }
  });
  return lifetimes;
}
