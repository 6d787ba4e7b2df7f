// The kernel contract: a WGSL file, a typed spec chosen by a pure function, named bindings and params.

import {
  type BindingAccess,
  type Device,
  type DeviceCaps,
  invariant,
  PARAMS_BYTES,
  type Program,
  type Tensor,
} from '@vulpes/tensor-core';
import { assemble, type KernelSpec } from './assemble.ts';

type ParamType = 'u32' | 'i32' | 'f32';
type NameOf<S extends string> = S extends `${infer Name}:${string}` ? Name : never;

export interface KernelDefinition<
  Dims,
  Spec extends KernelSpec,
  Bindings extends readonly `${string}:${BindingAccess}`[],
  Params extends readonly `${string}:${ParamType}`[],
> {
  readonly name: string;
  /** WGSL text, entry point `main`. */
  readonly source: string;
  /** WGSL parts that go in front. */
  readonly lib?: readonly string[];
  /** In the order of @binding(0…); the params uniform follows them. */
  readonly bindings: Bindings;
  /** Fields of `struct Params` in order, at most 16; empty: the kernel has no params. */
  readonly params: Params;
  /** Values of the `@spec` block. Pure. */
  select(dims: Dims, caps: DeviceCaps): Spec;
  /** Workgroups [x, y, z]. Pure. */
  grid(dims: Dims, spec: Spec): readonly [number, number, number];
  /** Workgroup memory in bytes. */
  workgroupBytes?(spec: Spec): number;
  /** Floating-point operations of one launch. */
  flops?(dims: Dims): number;
  /** Bytes that one launch must read and write at least. */
  bytes?(dims: Dims): number;
}

export interface KernelCall<
  Dims,
  Spec extends KernelSpec,
  Bindings extends readonly string[],
  Params extends readonly string[],
> {
  readonly dims: Dims;
  readonly tensors: Readonly<Record<NameOf<Bindings[number]>, Tensor>>;
  readonly params: Readonly<Record<NameOf<Params[number]>, number>>;
  /** Overrides of what `select` chose, for tests and tuning. */
  readonly spec?: Partial<Spec>;
}

export interface Kernel<
  Dims,
  Spec extends KernelSpec,
  Bindings extends readonly `${string}:${BindingAccess}`[],
  Params extends readonly `${string}:${ParamType}`[],
> extends KernelDefinition<Dims, Spec, Bindings, Params> {
  /** Complete WGSL for a spec. */
  wgsl(spec: Spec): string;
  /** Records one launch. */
  run(device: Device, call: KernelCall<Dims, Spec, Bindings, Params>): void;
}

/** A kernel that can be run, from its definition. */
export function defineKernel<
  Dims,
  Spec extends KernelSpec,
  const Bindings extends readonly `${string}:${BindingAccess}`[],
  const Params extends readonly `${string}:${ParamType}`[],
>(
  definition: KernelDefinition<Dims, Spec, Bindings, Params>,
): Kernel<Dims, Spec, Bindings, Params> {
  const { name, source, lib, bindings, params } = definition;
  invariant(params.length * 4 <= PARAMS_BYTES, `${name}: more than ${PARAMS_BYTES / 4} params`);
  const programs = new Map<string, Program>();
  const wgsl = (spec: Spec) => assemble(name, source, spec, lib);
  return {
    ...definition,
    wgsl,
    run(device, call) {
      const spec = { ...definition.select(call.dims, device.caps), ...call.spec } as Spec;
      const label = specLabel(name, spec);
      const program =
        programs.get(label) ?? makeProgram(label, wgsl(spec), bindings, params.length > 0);
      programs.set(label, program);
      device.dispatch({
        program,
        tensors: bindings.map((binding) => named(call.tensors, nameOf(binding), name)),
        ...(params.length > 0 && { params: packParams(name, params, call.params) }),
        workgroups: definition.grid(call.dims, spec),
      });
    },
  };
}

/** `name[KEY=value,…]`: the program's identity within its kernel. */
function specLabel(name: string, spec: KernelSpec): string {
  const entries = Object.entries(spec);
  return entries.length
    ? `${name}[${entries.map(([key, value]) => `${key}=${value}`).join()}]`
    : name;
}

function makeProgram(
  label: string,
  wgsl: string,
  bindings: readonly string[],
  hasParams: boolean,
): Program {
  const access = bindings.map((binding) => binding.split(':')[1] as BindingAccess);
  return { label, wgsl, access, hasParams };
}

function packParams(
  kernel: string,
  fields: readonly string[],
  values: Readonly<Record<string, number>>,
): Uint8Array {
  const view = new DataView(new ArrayBuffer(fields.length * 4));
  fields.forEach((field, index) => {
    const [key = '', type] = field.split(':');
    const value = named(values, key, kernel);
    if (type === 'f32') view.setFloat32(index * 4, value, true);
    else if (type === 'i32') view.setInt32(index * 4, value, true);
    else view.setUint32(index * 4, value, true);
  });
  return new Uint8Array(view.buffer);
}

const nameOf = (binding: string): string => binding.split(':')[0] as string;

function named<V>(values: Readonly<Record<string, V>>, key: string, kernel: string): V {
  const value = values[key];
  invariant(value !== undefined, `${kernel}: no value for ${key}`);
  return value;
}
