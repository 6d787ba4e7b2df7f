// From when to when each buffer of a recording is in use. Pure.

import { buffersOf } from '../command.ts';
import type { Lifetime } from './memory-plan.ts';
import type { Recording } from './step-plan.ts';
import { isVirtual, type VirtualBuffer } from './virtual-buffers.ts';

/**
 * By buffer, in the order of first use; positions are those in the list of commands. A buffer that no command names has none.
 * Outputs live to the end. Host data is written once for all runs: it lives through the whole step.
 */
export function findLifetimes({ commands, outputs }: Recording): Map<VirtualBuffer, Lifetime> {
  const end = commands.length;
  const lifetimes = new Map<VirtualBuffer, Lifetime>();
  commands.forEach((command, index) => {
    for (const buffer of buffersOf(command)) {
      if (!isVirtual(buffer)) continue;
      const isConstant = command.kind === 'write';
      const known = lifetimes.get(buffer);
      const first = isConstant ? 0 : (known?.first ?? index);
      const last = isConstant || outputs.has(buffer) ? end : Math.max(known?.last ?? 0, index);
      lifetimes.set(buffer, { byteLength: buffer.capacity, first, last });
    }
  });
  return lifetimes;
}
