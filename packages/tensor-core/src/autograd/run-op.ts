// One call of an op: forward in a scope of its own, then a node on the tape that knows the way back.

import type { Device, Tensor } from '../api.ts';
import { ArgumentError, invariant, NoGradientError } from '../errors.ts';
import { type DeviceInternals, getInternals } from '../internals.ts';
import { aliasTensor, isTensor } from '../tensor.ts';
import { disposeAll, leaves } from '../tree.ts';
import {
  type AnyOp,
  type AnyResult,
  type AnyTensors,
  entries,
  type NamedTensor,
  type OpCall,
  outputEntries,
  type SavedTensors,
  tensorsOf,
} from './op-call.ts';
import type { GradientPlace } from './op-types.ts';
import type { Recording, TapeInput, TapeNode } from './recording.ts';

/** Runs forward and, where a gradient is recorded and an input needs it, puts the op on the tape. */
export function runOp(op: AnyOp, inputs: AnyTensors, attrs: unknown): Tensor | AnyTensors {
  const present = entries(inputs);
  const device = commonDevice(op.name, present);
  assertNoTensors(op.name, attrs);
  const internals = getInternals(device);
  const { recording, checks, scopes } = internals;
  const needs = Object.fromEntries(
    Object.entries(inputs).map(([name, input]) => [name, !!input && !!recording?.tracks(input)]),
  );
  assertConstants(op, present, needs);
  const needsGrad = Object.values(needs).some(Boolean);
  checks?.check(op.name, 'input', tensorsOf(present));
  const { result, made } = scopes.collect(() =>
    withoutRecording(internals, () => op.forward({ device, inputs, attrs, needsGrad })),
  );
  const outputs = outputEntries(result.output);
  invariant(
    outputs.every(([, output]) => made.has(output)),
    `${op.name} returned a tensor it did not make`,
  );
  checks?.check(op.name, 'output', tensorsOf(outputs));
  if (recording && needsGrad) recordCall(recording, { op, device, inputs, attrs, needs, result });
  scopes.keepOf(made, tensorsOf(outputs));
  return result.output;
}

/** Inside an op's forward kernels run freely: the op gives the gradient. */
function withoutRecording<R>(internals: DeviceInternals, body: () => R): R {
  const { recording } = internals;
  internals.recording = null;
  try {
    return body();
  } finally {
    internals.recording = recording;
  }
}

function recordCall(recording: Recording, call: OpCall): void {
  const saved = recording.segment ? recording.segment.add(call) : keepSaved(call.result);
  recording.record(makeNode(recording, call, saved));
}

/** Handles of the tape's own, so that a scope may end before backward runs. */
function keepSaved({ saved }: AnyResult): SavedTensors {
  const held: AnyTensors = Object.fromEntries(
    Object.entries(saved ?? {}).map(([name, tensor]) => [
      name,
      tensor ? aliasTensor(tensor) : tensor,
    ]),
  );
  return { get: () => held, dispose: () => disposeAll(held) };
}

function makeNode(recording: Recording, call: OpCall, saved: SavedTensors): TapeNode {
  const { op, device, attrs, needs, result } = call;
  const present = entries(call.inputs);
  const inputs = present.map(([name, tensor]) => ({
    name,
    id: tensor.id,
    shape: tensor.shape,
    gradientDType: recording.gradientDType(tensor),
    needed: !!needs[name],
  }));
  const outputs = outputEntries(result.output);
  const names = isTensor(result.output) ? null : outputs.map(([name]) => name);
  return {
    name: op.name,
    inputs,
    outputs: tensorsOf(outputs).map(({ id, dtype }) => ({ id, dtype })),
    backward(dOutputs, places, partialSums) {
      const dOutput = names
        ? Object.fromEntries(names.map((name, index) => [name, dOutputs[index] ?? null]))
        : dOutputs[0];
      const gradients = gradientMakers(call, inputs, places);
      const makePartialSums = partialSums.make.bind(partialSums, op.name);
      const context = {
        ...{ device, dOutput, saved: saved.get(), attrs, needs },
        ...{ ...gradients, makePartialSums },
      };
      const given: AnyTensors = op.backward(context as Parameters<AnyOp['backward']>[0]);
      return present.map(([name]) => given[name] ?? null);
    },
    dispose: saved.dispose,
  };
}

/** What backward makes its gradients with. */
function gradientMakers(
  { op, device }: Pick<OpCall, 'op' | 'device'>,
  inputs: readonly TapeInput[],
  places: readonly (GradientPlace | null)[],
) {
  const find = (name: string): number => {
    const index = inputs.findIndex((input) => input.name === name);
    invariant(index >= 0, `${op.name}: has no input ${name} to make a gradient for`);
    return index;
  };
  const emptyGradient = (index: number): Tensor => {
    const { name, shape, gradientDType: dtype } = inputs[index] as TapeInput;
    return device.empty(shape, { dtype, label: `d ${op.name} ${name}` });
  };
  const openGradient = (name: string): GradientPlace => {
    const index = find(name);
    return places[index] ?? { tensor: emptyGradient(index), accumulate: false };
  };
  const makeGradient = (name: string): Tensor => {
    const { tensor, accumulate } = openGradient(name);
    return accumulate ? emptyGradient(find(name)) : tensor;
  };
  return { makeGradient, openGradient };
}

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
