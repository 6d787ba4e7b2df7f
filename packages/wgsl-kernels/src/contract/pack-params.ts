// The bytes of `struct Params`: what the definition derives, and sizes of the launch by their names.

import { KernelSpecError } from '@vulpes/tensor-core';
import type { ParamType, WgslContract } from './parse-contract.ts';

type Values = Readonly<Record<string, unknown>>;

/** Makes the bytes of one launch. */
export type PackParams = (derived: Values, dims: Values) => Uint8Array;

/**
 * Prepares a kernel's params: every launch packs them, so names are made here, once.
 * A field comes from `derived`, else from the dim of its name in camelCase: `seq_len` is `dims.seqLen`.
 * @returns what packs them; it throws KernelSpecError where a field has no value or one that does not fit its type, or a derived value has no field
 */
export function prepareParams(kernel: string, declared: WgslContract['params']): PackParams {
  const fields = declared.map(({ name, type }) => ({ name, type, dim: toCamelCase(name) }));
  const names = new Set(fields.map(({ name }) => name));
  const bytes = new Uint8Array(fields.length * 4);
  const view = new DataView(bytes.buffer);
  return (derived, dims) => {
    for (const key in derived) if (!names.has(key)) throw unknownParam(kernel, names, key);
    let offset = 0;
    for (const { name, type, dim } of fields) {
      const value = derived[name] ?? dims[dim];
      if (typeof value !== 'number' || !fits(type, value)) {
        throw new KernelSpecError(
          `${kernel}: expected a ${type} for param ${name}, got ${value}. Return it from params, or give dims.${dim}.`,
        );
      }
      if (type === 'f32') view.setFloat32(offset, value, true);
      else if (type === 'i32') view.setInt32(offset, value, true);
      else view.setUint32(offset, value, true);
      offset += 4;
    }
    return bytes.slice();
  };
}

const toCamelCase = (name: string): string =>
  name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

const unknownParam = (kernel: string, names: ReadonlySet<string>, key: string): KernelSpecError =>
  new KernelSpecError(
    `${kernel}: expected params among ${[...names].join(', ')} as in struct Params, got also ${key}.`,
  );

function fits(type: ParamType, value: number): boolean {
  if (type === 'f32') return true;
  const [least, most] = type === 'u32' ? [0, 2 ** 32 - 1] : [-(2 ** 31), 2 ** 31 - 1];
  return Number.isInteger(value) && value >= least && value <= most;
}
