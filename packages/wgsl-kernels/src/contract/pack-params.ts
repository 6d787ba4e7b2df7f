// The bytes of `struct Params`: what the definition derives, and sizes of the launch by their names.

import { KernelSpecError } from '@vulpes/tensor-core';
import type { ParamType, WgslContract } from './parse-contract.ts';

type Values = Readonly<Record<string, unknown>>;

/**
 * A field comes from `derived`, else from the dim of its name in camelCase: `seq_len` is `dims.seqLen`.
 * @throws KernelSpecError where a field has no value or one that does not fit its type, or a derived value has no field
 */
export function packParams(
  kernel: string,
  fields: WgslContract['params'],
  derived: Values,
  dims: Values,
): Uint8Array {
  const unknown = Object.keys(derived).filter((key) => !fields.some(({ name }) => name === key));
  if (unknown.length > 0) {
    throw new KernelSpecError(
      `${kernel}: expected params among ${fields.map(({ name }) => name).join(', ')} as in struct Params, got also ${unknown.join(', ')}.`,
    );
  }
  const view = new DataView(new ArrayBuffer(fields.length * 4));
  fields.forEach(({ name, type }, index) => {
    const value = derived[name] ?? dims[toCamelCase(name)];
    if (typeof value !== 'number' || !fits(type, value)) {
      throw new KernelSpecError(
        `${kernel}: expected a ${type} for param ${name}, got ${value}. Return it from params, or give dims.${toCamelCase(name)}.`,
      );
    }
    if (type === 'f32') view.setFloat32(index * 4, value, true);
    else if (type === 'i32') view.setInt32(index * 4, value, true);
    else view.setUint32(index * 4, value, true);
  });
  return new Uint8Array(view.buffer);
}

const toCamelCase = (name: string): string =>
  name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

function fits(type: ParamType, value: number): boolean {
  if (type === 'f32') return true;
  const [least, most] = type === 'u32' ? [0, 2 ** 32 - 1] : [-(2 ** 31), 2 ** 31 - 1];
  return Number.isInteger(value) && value >= least && value <= most;
}
