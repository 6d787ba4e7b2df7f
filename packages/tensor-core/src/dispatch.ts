// Checks of a kernel launch before it is recorded.

import type { Dispatch, Tensor } from './api.ts';
import { overlap } from './buffer-range.ts';
import { DeviceLimitError, invariant } from './errors.ts';
import { MAX_PARAMS_BYTES, type Program } from './program.ts';
import { getStorage } from './tensor.ts';

/** @param maxWorkgroups - the device's limit in each dimension */
export function assertDispatch(
  { program, tensors, params, workgroups }: Dispatch,
  maxWorkgroups: number,
): void {
  const { label, access, hasParams } = program;
  invariant(tensors.length === access.length, `${label}: wrong number of tensors`);
  invariant((params !== undefined) === hasParams, `${label}: params missing or not wanted`);
  invariant(
    !params || params.byteLength <= MAX_PARAMS_BYTES,
    `${label}: params above ${MAX_PARAMS_BYTES} bytes`,
  );
  invariant(
    workgroups.every((count) => Number.isInteger(count) && count >= 1),
    `${label}: workgroups ${workgroups} are no counts`,
  );
  if (workgroups.some((count) => count > maxWorkgroups)) {
    throw new DeviceLimitError(
      `${label}: expected at most ${maxWorkgroups} workgroups in each dimension, which the device allows, got ${workgroups.join(' × ')}. Use fewer sequences at once, or shorter ones.`,
    );
  }
  assertNoAliasing(program, tensors);
}

/** WebGPU forbids a buffer that one dispatch both reads and writes, unless by one read_write binding, and written ranges that overlap; `read*` counts as written. */
function assertNoAliasing({ label, access }: Program, tensors: readonly (Tensor | null)[]): void {
  const ranges = tensors.map((tensor) => tensor && getStorage(tensor));
  ranges.forEach((range, index) => {
    if (access[index] === 'read' || !range) return;
    const again = ranges.findIndex((other, at) => {
      if (at === index || !other) return false;
      return access[at] === 'read' ? other.buffer === range.buffer : overlap(other, range);
    });
    invariant(
      again < 0,
      `${label}: bindings ${index} and ${again} share one buffer and one is ${access[index] === 'read*' ? 'bound for writing' : 'written'}`,
    );
  });
}
