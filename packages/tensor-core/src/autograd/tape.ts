// The tape: what ran, in order, and the walk back that turns one loss into gradients.

import { accumulateInto } from '../accumulate.ts';
import type { Device } from '../device.ts';
import type { DType } from '../dtype.ts';
import { invariant } from '../errors.ts';
import { type Shape, sameShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import type { OpDefinition } from './op.ts';

interface RecordedOp<Attrs> {
  readonly definition: OpDefinition<Attrs>;
  readonly attrs: Attrs;
  readonly inputs: readonly Tensor[];
  readonly needs: readonly boolean[];
  readonly outputs: readonly Tensor[];
  readonly saved: readonly Tensor[];
}

interface TapeNode {
  readonly name: string;
  readonly inputs: readonly TensorSpec[];
  readonly needs: readonly boolean[];
  readonly outputIds: readonly number[];
  /** Handles of the tape's own, so that a scope may end before backward runs. */
  readonly saved: readonly Tensor[];
  backward(dOutputs: readonly (Tensor | null)[]): readonly (Tensor | null)[];
}

interface TensorSpec {
  readonly id: number;
  readonly shape: Shape;
  readonly dtype: DType;
}

export class Tape {
  readonly #device: Device;
  readonly #nodes: TapeNode[] = [];
  readonly #tracked = new Set<number>();

  constructor(device: Device, watched: readonly Tensor[]) {
    this.#device = device;
    for (const tensor of watched) this.#tracked.add(tensor.id);
  }

  tracks(tensor: Tensor): boolean {
    return this.#tracked.has(tensor.id);
  }

  record<Attrs>({
    definition,
    attrs,
    inputs,
    needs,
    outputs,
    saved: toSave,
  }: RecordedOp<Attrs>): void {
    const device = this.#device;
    const saved = toSave.map((tensor) => tensor.alias());
    for (const output of outputs) this.#tracked.add(output.id);
    this.#nodes.push({
      name: definition.name,
      inputs: inputs.map(({ id, shape, dtype }) => ({ id, shape, dtype })),
      needs,
      outputIds: outputs.map((output) => output.id),
      saved,
      backward: (dOutputs) => definition.backward({ device, dOutputs, saved, attrs, needs }),
    });
  }

  /**
   * Walks back from the loss. Each node's saved tensors are freed as soon as its backward has run.
   * @returns gradients by tensor id, of the watched tensors and of nothing else; owned by the caller.
   */
  backward(loss: Tensor, seed: Tensor): Map<number, Tensor> {
    const gradients = new Map<number, Tensor>([[loss.id, seed.alias()]]);
    try {
      for (let node = this.#nodes.at(-1); node; node = this.#nodes.at(-1)) {
        this.#runNode(node, gradients);
        this.#nodes.pop();
        for (const tensor of node.saved) tensor.dispose();
      }
      return gradients;
    } catch (error) {
      for (const gradient of gradients.values()) gradient.dispose();
      throw error;
    }
  }

  /** Frees what backward did not, after an error. */
  dispose(): void {
    for (const node of this.#nodes.splice(0)) for (const tensor of node.saved) tensor.dispose();
  }

  #runNode(node: TapeNode, gradients: Map<number, Tensor>): void {
    const dOutputs = node.outputIds.map((id) => gradients.get(id) ?? null);
    if (dOutputs.every((gradient) => gradient === null)) return;
    const { checks } = this.#device;
    checks?.check(node.name, 'output gradient', dOutputs);
    const { result, made } = this.#device.collect(() => node.backward(dOutputs));
    try {
      checks?.check(node.name, 'input gradient', result);
      invariant(
        result.length === node.inputs.length,
        `${node.name}: backward must return one gradient per input`,
      );
      for (const id of node.outputIds) gradients.delete(id);
      node.inputs.forEach((input, index) => {
        const gradient = result[index];
        if (gradient && node.needs[index]) this.#addGradient(node.name, gradients, input, gradient);
      });
    } finally {
      for (const tensor of [...made, ...dOutputs]) tensor?.dispose();
    }
  }

  #addGradient(
    name: string,
    gradients: Map<number, Tensor>,
    input: TensorSpec,
    gradient: Tensor,
  ): void {
    invariant(
      sameShape(gradient.shape, input.shape),
      `${name}: gradient has shape ${gradient.shape}, input ${input.shape}`,
    );
    const sum = gradients.get(input.id);
    if (!sum) {
      gradients.set(input.id, gradient.alias());
    } else if (sum.storage.references === 1) {
      accumulateInto(sum, gradient);
    } else {
      // Others still read this memory: sum into a copy.
      const fresh = copyOf(sum);
      sum.dispose();
      accumulateInto(fresh, gradient);
      gradients.set(input.id, fresh);
    }
  }
}

/** A copy owned by no scope. */
function copyOf(source: Tensor): Tensor {
  const { device, shape, dtype, label } = source;
  const { result } = device.collect(() => {
    const target = device.empty(shape, { dtype, label });
    device.copy(source, target);
    return target;
  });
  return result;
}
