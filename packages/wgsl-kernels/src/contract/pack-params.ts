// The bytes of `struct Params` from values by name.

import { KernelSpecError } from '@vulpes/tensor-core';
import type { ParamType, WgslContract } from './parse-contract.ts';

/** @throws KernelSpecError where names differ from the struct's fields, or a value does not fit its type */
export function packParams(
  kernel: string,
  fields: WgslContract['params'],
  values: Readonly<Record<string, number>>,
): Uint8Array {
  const view = new DataView(new ArrayBuffer(fields.length * 4));
  if (Object.keys(values).length !== fields.length) throw namesDiffer(kernel, fields, values);
  fields.forEach(({ name, type }, index) => {
    const value = values[name];
    if (value === undefined) throw namesDiffer(kernel, fields, values);
    if (!fits(type, value)) {
      throw new KernelSpecError(`${kernel}: expected a ${type} for param ${name}, got ${value}.`);
    }
    if (type === 'f32') view.setFloat32(index * 4, value, true);
    else if (type === 'i32') view.setInt32(index * 4, value, true);
    else view.setUint32(index * 4, value, true);
  });
  return new Uint8Array(view.buffer);
}

function fits(type: ParamType, value: number): boolean {
  if (type === 'f32') return true;
  const [least, most] = type === 'u32' ? [0, 2 ** 32 - 1] : [-(2 ** 31), 2 ** 31 - 1];
  return Number.isInteger(value) && value >= least && value <= most;
}

function namesDiffer(
  kernel: string,
  fields: WgslContract['params'],
  values: Readonly<Record<string, number>>,
): KernelSpecError {
  const expected = fields.map(({ name }) => name).join(', ');
  return new KernelSpecError(
    `${kernel}: expected params ${expected} as in struct Params, got ${Object.keys(values).join(', ') || 'none'}.`,
  );
}
