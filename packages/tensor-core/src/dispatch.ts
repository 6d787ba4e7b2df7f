// A kernel launch as callers give it, and the checks of our own bookkeeping before it is recorded.

import { invariant } from './errors.ts';
import { MAX_PARAMS_BYTES, type Program } from './program.ts';
import type { Tensor } from './tensor.ts';

/** One kernel launch; `workgroups` at most 65,535 in each dimension. */
export interface Dispatch {
  program: Program;
  /** In the order of the bindings; null where nothing is given for an optional one. */
  tensors: readonly (Tensor | null)[];
  /** The uniform struct. */
  params?: Uint8Array;
  workgroups: readonly [number, number, number];
}

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
    workgroups.every((count) => Number.isInteger(count) && count >= 1 && count <= maxWorkgroups),
    `${label}: workgroups ${workgroups} outside 1…${maxWorkgroups}`,
  );
  assertNoAliasing(program, tensors);
}

/** WebGPU forbids a buffer that is both read and written in one dispatch, unless by one read_write binding. */
function assertNoAliasing(program: Program, tensors: readonly (Tensor | null)[]): void {
  program.access.forEach((access, index) => {
    const written = tensors[index]?.storage.buffer;
    if (access === 'read' || !written) return;
    const again = tensors.findIndex(
      (other, at) => at !== index && other?.storage.buffer === written,
    );
    invariant(
      again < 0,
      `${program.label}: bindings ${index} and ${again} share one buffer and one is written`,
    );
  });
}
