// Differentiable operations: a forward and a backward function over tensors, recorded on the device's tape.

import type { Device } from '../device.ts';
import { ArgumentError, invariant } from '../errors.ts';
import type { Tensor } from '../tensor.ts';
import { leaves } from '../tree.ts';

export interface ForwardContext<Attrs> {
  readonly device: Device;
  readonly inputs: readonly Tensor[];
  readonly attrs: Attrs;
  /** A tape is recording and some input needs a gradient: save what backward wants. */
  readonly needsGrad: boolean;
}

export interface BackwardContext<Attrs> {
  readonly device: Device;
  /** One per output; null where nothing depends on that output. Never all null. */
  readonly dOutputs: readonly (Tensor | null)[];
  readonly saved: readonly Tensor[];
  readonly attrs: Attrs;
  /** Whether input i needs its gradient. */
  readonly needs: readonly boolean[];
}

export interface OpDefinition<Attrs> {
  readonly name: string;
  /** Runs in a scope of its own. Tensors that backward wants, also those from `attrs`, go into `saved`. */
  forward(context: ForwardContext<Attrs>): {
    outputs: readonly Tensor[];
    saved?: readonly Tensor[];
  };
  /** One gradient per input, null where not needed or not differentiable. May return a dOutput itself; never writes into its inputs. */
  backward(context: BackwardContext<Attrs>): readonly (Tensor | null)[];
}

export type Op<Attrs> = (inputs: readonly Tensor[], attrs: Attrs) => Tensor[];

/** Makes an op. Calling it runs forward and, where a tape records, remembers how to go back. */
export function defineOp<Attrs>(definition: OpDefinition<Attrs>): Op<Attrs> {
  return (inputs, attrs) => {
    const device = commonDevice(definition.name, inputs);
    const needs = inputs.map((input) => device.tape?.tracks(input) ?? false);
    const needsGrad = needs.some(Boolean);
    device.checks?.check(definition.name, 'input', inputs);
    const { result, made } = device.collect(() =>
      definition.forward({ device, inputs, attrs, needsGrad }),
    );
    const { outputs, saved = [] } = result;
    invariant(
      outputs.every((output) => made.has(output)),
      `${definition.name} returned a tensor it did not make`,
    );
    device.checks?.check(definition.name, 'output', outputs);
    if (needsGrad) device.tape?.record({ definition, attrs, inputs, needs, outputs, saved });
    for (const tensor of made) {
      if (outputs.includes(tensor)) device.adopt(tensor);
      else tensor.dispose();
    }
    return [...outputs];
  };
}

function commonDevice(name: string, inputs: readonly Tensor[]): Device {
  const device = leaves(inputs)[0]?.device;
  if (!device) throw new ArgumentError(`${name}: expected at least one tensor, got none.`);
  if (inputs.some((input) => input.device !== device)) {
    throw new ArgumentError(`${name}: expected all tensors on one device, got tensors of several.`);
  }
  return device;
}
