// Compares a definition with its WGSL when it is made: a kernel whose two sides have drifted apart is never run.

import { KernelSpecError } from '@vulpes/tensor-core';
import type { Binding } from './bindings.ts';
import type { WgslContract } from './parse-contract.ts';

/** @throws KernelSpecError naming the kernel, what the WGSL declares and what the definition says */
export function checkContract(
  kernel: string,
  wgsl: WgslContract,
  bindings: readonly Binding[],
  hasParams: boolean,
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
  if (hasParams !== wgsl.params.length > 0) {
    const fields = wgsl.params.map(({ name }) => name).join(', ') || 'no fields';
    throw new KernelSpecError(
      `${kernel}: expected ${hasParams ? 'a struct Params in the WGSL' : 'params in the definition'}, as the other side has them, got none. struct Params has ${fields}.`,
    );
  }
  if (wgsl.paramsIndex !== (hasParams ? bindings.length : null)) {
    throw new KernelSpecError(
      `${kernel}: expected ${hasParams ? `@binding(${bindings.length}) var<uniform> params: Params` : 'no uniform'}, got ${wgsl.paramsIndex === null ? 'none' : `@binding(${wgsl.paramsIndex})`}. The params follow the tensors.`,
    );
  }
}

const format = (index: number, name: string, isWritten: boolean): string =>
  `${index} ${name} ${isWritten ? 'read_write' : 'read'}`;
