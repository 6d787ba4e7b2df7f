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
import { prepareParams } from './contract/pack-params.ts';
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
  const flags = bindings
    .map((binding) => ({ ...binding, flag: toPresenceName(binding.name) }))
    .filter(({ isOptional, flag }) => isOptional && specNames.includes(flag));
  const access = bindings.map((binding) => binding.access);
  const hasParams = contract.params.length > 0;
  const packParams = prepareParams(name, contract.params);
  const makeProgram = (spec: KernelSpec): Program => ({
    ...{ label: toLabel(name, spec), wgsl: assemble(name, source, spec, lib) },
    ...{ access, hasParams },
  });
  const programs: { readonly spec: KernelSpec; readonly program: Program }[] = [];
  const findProgram = (spec: KernelSpec): Program => {
    const known = programs.find((entry) => isSameSpec(entry.spec, spec));
    if (known) return known.program;
    const program = makeProgram(spec);
    programs.push({ spec, program });
    return program;
  };
  const toWgsl = (spec: Spec, absent: readonly string[] = []): string => {
    const complete = addFlags(spec, flags, (key) => !absent.includes(key));
    return assemble(name, source, complete, lib);
  };
  const toParams = (dims: Dims): Uint8Array | null =>
    hasParams ? packParams(definition.params?.(dims) ?? NO_VALUES, dims as Values) : null;
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
      const selected = definition.select(dims, device.caps);
      const spec = overrides ? { ...selected, ...overrides } : selected;
      const launch = {
        program: findProgram(addFlags(spec, flags, (key) => Boolean(tensors[key]))),
        tensors: bindings.map((binding) => pick(name, binding, tensors)),
        workgroups: definition.grid(dims, spec),
      };
      const params = toParams(dims);
      device.dispatch(params ? { ...launch, params } : launch);
    },
  };
}

type Values = Readonly<Record<string, unknown>>;
const NO_VALUES: Values = {};

type GivenTensors = Readonly<Record<string, Tensor | null | undefined>>;

/** An optional binding whose presence is a constant of the @spec block. */
interface Flag {
  readonly name: string;
  /** `HAS_VISIBILITY` for `visibility`. */
  readonly flag: string;
}

function addFlags(
  spec: KernelSpec,
  flags: readonly Flag[],
  isGiven: (name: string) => boolean,
): KernelSpec {
  if (flags.length === 0) return spec;
  const complete: Record<string, KernelSpec[string]> = { ...spec };
  for (const { name, flag } of flags) complete[flag] = isGiven(name);
  return complete;
}

/** Every launch looks for its program among the few of its kernel: to compare is cheaper than to make a key. */
function isSameSpec(a: KernelSpec, b: KernelSpec): boolean {
  for (const name in a) if (a[name] !== b[name]) return false;
  for (const name in b) if (!(name in a)) return false;
  return true;
}

/** `name[KEY=value,…]`, as errors and profiles show it. */
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
