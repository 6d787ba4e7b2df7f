// The kernel contract: a WGSL file, a typed spec chosen by a pure function, named bindings and params.

import {
  type Device,
  type DeviceCaps,
  KernelSpecError,
  type Program,
  type Tensor,
} from '@vulpes/tensor-core';
import { assemble, type KernelSpec, listSpecNames } from './assemble.ts';
import {
  type Binding,
  type BindingText,
  type KernelTensors,
  parseBinding,
  toPresenceName,
} from './contract/bindings.ts';
import { checkContract } from './contract/check-contract.ts';
import { packParams } from './contract/pack-params.ts';
import { parseContract } from './contract/parse-contract.ts';

export interface KernelDefinition<
  Dims,
  Spec extends KernelSpec,
  Bindings extends readonly BindingText[],
> {
  readonly name: string;
  /** WGSL text, entry point `main`. */
  readonly source: string;
  /** WGSL parts that go in front. */
  readonly lib?: readonly string[];
  /**
   * Names and access in the order of @binding(0…), as in the WGSL; the params uniform follows them.
   * 'visibility:read?' may be left out; its const HAS_VISIBILITY in the @spec block, if there is one, says whether it is given.
   */
  readonly bindings: Bindings;
  /** Values of `struct Params` that are not dims of the same name in camelCase (`seq_len` is `dims.seqLen`). Pure. */
  readonly params?: (dims: Dims) => Readonly<Record<string, number>>;
  /** Values of the `@spec` block. Pure. */
  select(dims: Dims, caps: DeviceCaps): Spec;
  /** Workgroups [x, y, z]. Pure. */
  grid(dims: Dims, spec: Spec): readonly [number, number, number];
  /** Workgroup memory in bytes. */
  workgroupBytes?(spec: Spec): number;
}

export interface KernelCall<
  Dims,
  Spec extends KernelSpec,
  Bindings extends readonly BindingText[],
> {
  /** Sizes and numbers of the launch. */
  readonly dims: Dims;
  readonly tensors: KernelTensors<Bindings>;
  /** Overrides of what `select` chose, for tests and tuning. */
  readonly spec?: Partial<Spec>;
}

/** What a launch of given sizes comes to on a device. */
export interface KernelPlan<Spec extends KernelSpec> {
  readonly spec: Spec;
  /** Complete text, with all optional bindings given. */
  readonly wgsl: string;
  /** Bytes of `struct Params`, null without one. */
  readonly params: Uint8Array | null;
  readonly workgroups: readonly [number, number, number];
}

export interface Kernel<Dims, Spec extends KernelSpec, Bindings extends readonly BindingText[]>
  extends KernelDefinition<Dims, Spec, Bindings> {
  /** Complete WGSL for a spec. @param absent optional bindings that are not given */
  wgsl(spec: Spec, absent?: readonly string[]): string;
  /** Spec, text, params and grid of a launch. Pure: no device is needed. */
  plan(dims: Dims, caps: DeviceCaps): KernelPlan<Spec>;
  /** Records one launch. */
  run(device: Device, call: KernelCall<Dims, Spec, Bindings>): void;
}

/**
 * A kernel that can be run, from its definition.
 * @throws KernelSpecError where bindings or params differ from what the WGSL declares
 */
export function defineKernel<
  Dims,
  Spec extends KernelSpec,
  const Bindings extends readonly BindingText[],
>(definition: KernelDefinition<Dims, Spec, Bindings>): Kernel<Dims, Spec, Bindings> {
  const { name, source, lib = [] } = definition;
  const bindings = definition.bindings.map(parseBinding);
  const contract = parseContract(name, [...lib, source].join('\n'));
  checkContract(name, contract, bindings);
  const specNames = listSpecNames(source);
  const flagged = bindings.filter(
    (binding) => binding.isOptional && specNames.includes(toPresenceName(binding.name)),
  );
  const programs = new Map<string, Program>();
  const makeProgram = (label: string, spec: KernelSpec): Program => {
    const wgsl = assemble(name, source, spec, lib);
    const access = bindings.map((binding) => binding.access);
    return { label, wgsl, access, hasParams: contract.params.length > 0 };
  };
  const toWgsl = (spec: Spec, absent: readonly string[] = []): string => {
    const presence = toPresence(flagged, (key) => !absent.includes(key));
    return assemble(name, source, { ...spec, ...presence }, lib);
  };
  const toParams = (dims: Dims): Uint8Array | null =>
    contract.params.length === 0
      ? null
      : packParams(name, contract.params, definition.params?.(dims) ?? {}, dims as Values);
  return {
    ...definition,
    wgsl: toWgsl,
    plan(dims, caps) {
      const spec = definition.select(dims, caps);
      const workgroups = definition.grid(dims, spec);
      return { spec, wgsl: toWgsl(spec), params: toParams(dims), workgroups };
    },
    run(device, { dims, tensors: given, spec: overrides }) {
      const tensors = given as GivenTensors;
      const selected = { ...definition.select(dims, device.caps), ...overrides } as Spec;
      const spec = { ...selected, ...toPresence(flagged, (key) => Boolean(tensors[key])) };
      const label = toLabel(name, spec);
      const program = programs.get(label) ?? makeProgram(label, spec);
      programs.set(label, program);
      const params = toParams(dims);
      device.dispatch({
        program,
        tensors: bindings.map((binding) => pick(name, binding, tensors)),
        ...(params && { params }),
        workgroups: definition.grid(dims, selected),
      });
    },
  };
}

type Values = Readonly<Record<string, unknown>>;
type GivenTensors = Readonly<Record<string, Tensor | null | undefined>>;

const toPresence = (
  flagged: readonly Binding[],
  isGiven: (name: string) => boolean,
): Record<string, boolean> =>
  Object.fromEntries(flagged.map(({ name }) => [toPresenceName(name), isGiven(name)]));

/** `name[KEY=value,…]`: the program's identity within its kernel. */
function toLabel(name: string, spec: KernelSpec): string {
  const entries = Object.entries(spec);
  if (entries.length === 0) return name;
  return `${name}[${entries.map(([key, value]) => `${key}=${value}`).join()}]`;
}

function pick(kernel: string, { name, isOptional }: Binding, tensors: GivenTensors): Tensor | null {
  const tensor = tensors[name];
  if (tensor) return tensor;
  if (isOptional) return null;
  throw new KernelSpecError(`${kernel}: expected a tensor for binding ${name}, got none.`);
}
