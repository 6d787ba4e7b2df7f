// Differentiable operations: a forward and a backward function over named tensors, recorded on the device's tape.

import type { Device } from '../device.ts';
import { ArgumentError, invariant, NoGradientError } from '../errors.ts';
import type { Tensor } from '../tensor.ts';
import { leaves } from '../tree.ts';
import type { TapeNode } from './tape.ts';

/** A record of tensors by name; one that is not given is null or undefined. */
export type NamedTensors<T> = { readonly [K in keyof T]: Tensor | null | undefined };

/** Scalars, flags, sizes: anything but tensors. A tensor that backward reads is an input or saved. */
export type Attributes<T> = { readonly [K in keyof T]: WithoutTensors<T[K]> };
type WithoutTensors<V> = V extends Tensor ? never : V extends object ? Attributes<V> : V;

/** One tensor, or several by name. */
export type OpOutput<T> = Tensor | { readonly [K in keyof T]: Tensor };

/** Of a single output: its gradient. Of several: each one's gradient, null where nothing depends on it; never all null. */
export type OutputGradient<Output> = Output extends Tensor
  ? Tensor
  : { readonly [K in keyof Output]: Tensor | null };

export interface ForwardContext<Inputs, Attrs = null> {
  readonly device: Device;
  readonly inputs: Inputs;
  readonly attrs: Attrs;
  /** A gradient is recorded and some input needs it: make and save what backward wants. */
  readonly needsGrad: boolean;
}

export interface ForwardResult<Output, Saved> {
  readonly output: Output;
  /** What backward reads, by name: inputs, outputs or other tensors made here. */
  readonly saved?: Saved | null | undefined;
}

export interface BackwardContext<Inputs, Attrs, Output, Saved, Constant extends string> {
  readonly device: Device;
  readonly dOutput: OutputGradient<Output>;
  readonly saved: Saved;
  readonly attrs: Attrs;
  /** Which inputs need their gradient; false for one that was not given. */
  readonly needs: { readonly [K in Exclude<keyof Inputs, Constant>]-?: boolean };
}

/** The gradient of each input, null where it is not needed. */
export type InputGradients<Inputs, Constant extends string> = {
  readonly [K in Exclude<keyof Inputs, Constant>]-?: Tensor | null;
};

export interface OpDefinition<Inputs, Attrs, Output, Saved, Constant extends string> {
  readonly name: string;
  /** Inputs without a gradient, such as ids and masks. @see stopGradient */
  readonly constants?: readonly (Constant & keyof Inputs)[];
  /** Runs in a scope of its own and may launch any kernel. Annotate its argument: the other types follow from it. */
  readonly forward: (context: ForwardContext<Inputs, Attrs>) => ForwardResult<Output, Saved>;
  /** Runs in a scope of its own. May return a gradient that it was given; never writes into one, nor into what is saved. */
  readonly backward: (
    context: BackwardContext<Inputs, Attrs, Output, Saved, Constant>,
  ) => InputGradients<Inputs, Constant>;
}

/** Ops without attributes take the inputs alone. */
export type Op<Inputs, Attrs, Output> = (
  inputs: Inputs,
  ...attrs: [Attrs] extends [null] ? [] : [attrs: Attrs]
) => Output;

/**
 * Makes an op. Calling it runs forward and, where a gradient is recorded, remembers how to go back.
 * @example
 * const scaleOp = defineOp({
 *   name: 'scale',
 *   forward: ({ inputs: { x }, attrs }: ForwardContext<{ x: Tensor }, { factor: number }>) => ({
 *     output: scaled(x, attrs.factor),
 *   }),
 *   backward: ({ dOutput, attrs }) => ({ x: scaled(dOutput, attrs.factor) }),
 * });
 * const y = scaleOp({ x }, { factor: 2 });
 */
export function defineOp<
  Inputs extends NamedTensors<Inputs>,
  Attrs extends Attributes<Attrs>,
  Output extends OpOutput<Output>,
  Saved extends NamedTensors<Saved> = Record<never, never>,
  const Constant extends string = never,
>(definition: OpDefinition<Inputs, Attrs, Output, Saved, Constant>): Op<Inputs, Attrs, Output> {
  return (inputs, ...[attrs]) =>
    runOp(definition as unknown as AnyOp, inputs as AnyTensors, attrs ?? null) as Output;
}

// Behind defineOp the names are known at run time only.
type AnyTensors = Readonly<Record<string, Tensor | null | undefined>>;
type AnyOp = OpDefinition<AnyTensors, unknown, Tensor | AnyTensors, AnyTensors, never>;

function runOp(op: AnyOp, inputs: AnyTensors, attrs: unknown): Tensor | AnyTensors {
  const present = entries(inputs);
  const device = commonDevice(op.name, present);
  assertNoTensors(op.name, attrs);
  const { tape } = device;
  const needs = Object.fromEntries(
    Object.entries(inputs).map(([name, input]) => [name, !!input && !!tape?.tracks(input)]),
  );
  assertConstants(op, present, needs);
  const needsGrad = Object.values(needs).some(Boolean);
  device.checks?.check(op.name, 'input', tensorsOf(present));
  const { result, made } = device.collect(() =>
    withoutTape(device, () => op.forward({ device, inputs, attrs, needsGrad })),
  );
  const outputs = outputEntries(result.output);
  invariant(
    outputs.every(([, output]) => made.has(output)),
    `${op.name} returned a tensor it did not make`,
  );
  device.checks?.check(op.name, 'output', tensorsOf(outputs));
  if (needsGrad) tape?.record(makeNode(op, { device, present, attrs, needs, ...result }));
  const kept = new Set(tensorsOf(outputs));
  for (const tensor of made) {
    if (kept.has(tensor)) device.adopt(tensor);
    else tensor.dispose();
  }
  return result.output;
}

/** Inside an op's forward kernels run freely: the op gives the gradient. */
function withoutTape<R>(device: Device, body: () => R): R {
  const { tape } = device;
  device.tape = null;
  try {
    return body();
  } finally {
    device.tape = tape;
  }
}

interface OpRun extends ForwardResult<Tensor | AnyTensors, AnyTensors> {
  readonly device: Device;
  readonly present: readonly NamedTensor[];
  readonly attrs: unknown;
  readonly needs: Readonly<Record<string, boolean>>;
}

function makeNode(op: AnyOp, { device, present, attrs, needs, output, saved }: OpRun): TapeNode {
  const held = Object.fromEntries(
    Object.entries(saved ?? {}).map(([name, tensor]) => [name, tensor ? tensor.alias() : tensor]),
  );
  const outputs = outputEntries(output);
  const names = isSingle(output) ? null : outputs.map(([name]) => name);
  return {
    name: op.name,
    inputs: present.map(([name, { id, shape }]) => ({ name, id, shape, needed: !!needs[name] })),
    outputs: tensorsOf(outputs).map(({ id, dtype }) => ({ id, dtype })),
    saved: tensorsOf(entries(held)),
    backward(dOutputs) {
      const dOutput = names
        ? Object.fromEntries(names.map((name, index) => [name, dOutputs[index] ?? null]))
        : dOutputs[0];
      const context = { device, dOutput, saved: held, attrs, needs };
      const gradients: AnyTensors = op.backward(context as Parameters<AnyOp['backward']>[0]);
      return present.map(([name]) => gradients[name] ?? null);
    },
  };
}

type NamedTensor = readonly [name: string, tensor: Tensor];

const entries = (tensors: AnyTensors): NamedTensor[] =>
  Object.entries(tensors).flatMap(([name, tensor]) => (tensor ? [[name, tensor] as const] : []));

const tensorsOf = (named: readonly NamedTensor[]): Tensor[] => named.map(([, tensor]) => tensor);

const isSingle = (output: Tensor | AnyTensors): output is Tensor => leaves(output)[0] === output;

const outputEntries = (output: Tensor | AnyTensors): NamedTensor[] =>
  isSingle(output) ? [['output', output]] : entries(output);

function commonDevice(op: string, inputs: readonly NamedTensor[]): Device {
  const device = inputs[0]?.[1].device;
  if (!device) throw new ArgumentError(`${op}: expected at least one tensor, got none.`);
  if (inputs.some(([, input]) => input.device !== device)) {
    throw new ArgumentError(`${op}: expected all tensors on one device, got tensors of several.`);
  }
  return device;
}

/** TypeScript says so, too; a scope may have freed such a tensor before backward reads it. */
function assertNoTensors(op: string, attrs: unknown): void {
  const [tensor] = leaves(attrs);
  if (!tensor) return;
  throw new ArgumentError(
    `${op}: expected attributes without tensors, got '${tensor.label}'. Make it an input, listed in constants if it has no gradient.`,
  );
}

function assertConstants(
  { name: op, constants = [] }: AnyOp,
  inputs: readonly NamedTensor[],
  needs: Readonly<Record<string, boolean>>,
): void {
  const names: readonly string[] = constants;
  const found = inputs.find(([name]) => needs[name] && names.includes(name));
  if (!found) return;
  const [name, { label }] = found;
  throw new NoGradientError(
    `${op}: has no gradient for its input ${name}, but '${label}' depends on what is differentiated. Pass stopGradient(${name}) to treat it as a constant.`,
  );
}
