// Reads from WGSL what a host must know to launch it: the storage bindings and the fields of `struct Params`.

import { KernelSpecError } from '@vulpes/tensor-core';

export type ParamType = 'u32' | 'i32' | 'f32';

export interface WgslContract {
  /** Storage bindings of @group(0), by @binding number. */
  readonly bindings: readonly {
    readonly index: number;
    readonly name: string;
    readonly isWritten: boolean;
  }[];
  /** Fields of `struct Params` in order; empty if there is none. */
  readonly params: readonly { readonly name: string; readonly type: ParamType }[];
  /** @binding number of `var<uniform> params: Params`, or null. */
  readonly paramsIndex: number | null;
}

const STORAGE = /@binding\((\d+)\)\s*var<storage(?:,\s*(\w+))?>\s*(\w+)\s*:/g;
const UNIFORM = /@binding\((\d+)\)\s*var<uniform>\s*\w+\s*:\s*Params\s*;/;
const PARAMS = /struct\s+Params\s*\{([^}]*)\}/;
const FIELD = /^(\w+)\s*:\s*(u32|i32|f32)$/;

export const stripComments = (wgsl: string): string =>
  wgsl.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\/\/.*$/gm, '');

/** @throws KernelSpecError where a field of `struct Params` is no u32, i32 or f32 */
export function parseContract(kernel: string, wgsl: string): WgslContract {
  const text = stripComments(wgsl);
  const bindings = [...text.matchAll(STORAGE)].map(([, index, access, name]) => ({
    index: Number(index),
    name: name as string,
    isWritten: access === 'read_write',
  }));
  bindings.sort((a, b) => a.index - b.index);
  const fields = (PARAMS.exec(text)?.[1] ?? '').split(',').map((field) => field.trim());
  const uniform = UNIFORM.exec(text);
  return {
    bindings,
    params: fields.filter(Boolean).map((field) => parseField(kernel, field)),
    paramsIndex: uniform ? Number(uniform[1]) : null,
  };
}

function parseField(kernel: string, field: string): WgslContract['params'][number] {
  const [, name, type] = FIELD.exec(field) ?? [];
  if (name && type) return { name, type: type as ParamType };
  throw new KernelSpecError(
    `${kernel}: expected fields 'name: u32', 'name: i32' or 'name: f32' in struct Params, got '${field}'. Write vectors and arrays as single fields.`,
  );
}
