// A kernel launch as callers give it, and the checks of our own bookkeeping before it is recorded.

import { invariant } from './errors.ts';
import { PARAMS_BYTES, type Program } from './program.ts';
import type { Tensor } from './tensor.ts';

/** One kernel launch. `params` holds the uniform struct, at most 64 bytes; `workgroups` at most 65,535 in each dimension. */
export interface Dispatch {
  program: Program;
  tensors: readonly Tensor[];
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
    !params || params.byteLength <= PARAMS_BYTES,
    `${label}: params above ${PARAMS_BYTES} bytes`,
  );
  invariant(
    workgroups.every((count) => Number.isInteger(count) && count >= 1 && count <= maxWorkgroups),
    `${label}: workgroups ${workgroups} outside 1…${maxWorkgroups}`,
  );
  assertNoAliasing(program, tensors);
}

/** WebGPU forbids a buffer that is both read and written in one dispatch, unless by one read_write binding. */
function assertNoAliasing(program: Program, tensors: readonly Tensor[]): void {
  program.access.forEach((access, index) => {
    if (access === 'read') return;
    const written = tensors[index]?.storage.buffer;
    const again = tensors.findIndex(
      (other, at) => at !== index && other.storage.buffer === written,
    );
    invariant(
      again < 0,
      `${program.label}: bindings ${index} and ${again} share one buffer and one is written`,
    );
  });
}
