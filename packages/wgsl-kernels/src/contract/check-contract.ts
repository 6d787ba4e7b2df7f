// Compares a definition with its WGSL when it is made: a kernel whose two sides have drifted apart is never run.

import { KernelSpecError } from '@vulpes/tensor-core';
import type { Binding } from './bindings.ts';
import type { WgslContract } from './parse-contract.ts';

/** @throws KernelSpecError naming the kernel, what the WGSL declares and what the definition says */
export function checkContract(
  kernel: string,
  wgsl: WgslContract,
  bindings: readonly Binding[],
): void {
  const declared = wgsl.bindings.map(({ index, name, isWritten }) =>
    format(index, name, isWritten),
  );
  const defined = bindings.map(({ name, access }, index) => format(index, name, access !== 'read'));
  if (declared.join() !== defined.join()) {
    throw new KernelSpecError(
      `${kernel}: expected bindings like the WGSL (${declared.join(', ') || 'none'}), got ${defined.join(', ') || 'none'}. Write the same names in the same order.`,
    );
  }
  const expected = wgsl.params.length > 0 ? bindings.length : null;
  if (wgsl.paramsIndex === expected) return;
  const uniform = (index: number | null) =>
    index === null ? 'none' : `@binding(${index}) var<uniform> params: Params`;
  throw new KernelSpecError(
    `${kernel}: expected ${uniform(expected)} for a struct Params of ${wgsl.params.length} fields, got ${uniform(wgsl.paramsIndex)}. The params follow the tensors.`,
  );
}

const format = (index: number, name: string, isWritten: boolean): string =>
  `${index} ${name} ${isWritten ? 'read_write' : 'read'}`;
