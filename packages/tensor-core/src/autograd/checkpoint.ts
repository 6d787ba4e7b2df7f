// checkpoint: less memory for more work. What a stretch of ops computes is made again when backward comes to it.

import type { Device } from '../api.ts';
import { getInternals } from '../internals.ts';
import { Segment } from './segment.ts';

export interface CheckpointOptions {
  /** Names of ops, such as 'linear', that are not to run again: what they made is kept where backward reads it. Default: none. */
  readonly keep?: readonly string[];
}

/**
 * Runs the body in a scope. Of its ops only what comes from outside is kept until backward; there those run again whose results are read.
 * Same kernels, same bits: the gradients are those of the body alone. Inputs and parameters are what its ops take, so they need no list.
 * What runs without an op (decisions, statistics) runs once. Where no gradient is recorded, and inside another checkpoint, it is a scope.
 * @param body - must not overwrite a tensor that one of its ops has read
 * @returns what the body returns; its tensors belong to the scope around
 * @example
 * const run = vjp(device, ({ x, w }) => checkpoint(device, () => swiglu(linear(x, w))), { x, w });
 */
export function checkpoint<R>(
  device: Device,
  body: () => R,
  { keep = [] }: CheckpointOptions = {},
): R {
  const { recording } = getInternals(device);
  if (!recording || recording.segment) return device.scope(body);
  const segment = new Segment(keep);
  recording.segment = segment;
  try {
    return device.scope(() => {
      const result = body();
      segment.end();
      return result;
    });
  } finally {
    recording.segment = null;
  }
}
