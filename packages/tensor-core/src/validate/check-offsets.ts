// For ops that are given offsets on the GPU, where the host cannot look at them.

import type { Tensor } from '../api.ts';
import { getInternals } from '../internals.ts';

/**
 * On a device with `debug: 'validate'`: the flush throws an ArgumentError where offsets fall along the last dimension. Else nothing.
 * @param op - for the message @param offsets - i32 [..., entries]
 */
export function checkOffsets(op: string, offsets: Tensor): void {
  getInternals(offsets.device).checks?.checkOrder(op, offsets);
}
