// Checks of a kernel launch before it is recorded.

import type { Dispatch, Tensor } from './api.ts';
import { invariant } from './errors.ts';
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
    workgroups.every((count) => Number.isInteger(count) && count >= 1 && count <= maxWorkgroups),
    `${label}: workgroups ${workgroups} outside 1…${maxWorkgroups}`,
  );
  assertNoAliasing(program, tensors);
}

/** WebGPU forbids a buffer that is both read and written in one dispatch, unless by one read_write binding. */
function assertNoAliasing(program: Program, tensors: readonly (Tensor | null)[]): void {
  const buffers = tensors.map((tensor) => tensor && getStorage(tensor).buffer);
  program.access.forEach((access, index) => {
    if (access === 'read' || !buffers[index]) return;
    const again = buffers.findIndex((buffer, at) => at !== index && buffer === buffers[index]);
    invariant(
      again < 0,
      `${program.label}: bindings ${index} and ${again} share one buffer and one is written`,
    );
  });
}
