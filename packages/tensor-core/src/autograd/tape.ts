// The tape: what ran, in order, and the walk back that turns the gradient of an output into gradients of the inputs.

import { accumulateInto } from '../accumulate.ts';
import type { Device } from '../device.ts';
import type { DType } from '../dtype.ts';
import { invariant, NoGradientError } from '../errors.ts';
import { formatShape, type Shape, sameShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';

/** One op that ran. */
export interface TapeNode {
  readonly name: string;
  readonly inputs: readonly TapeInput[];
  readonly outputs: readonly { readonly id: number; readonly dtype: DType }[];
  /** Handles of the tape's own, so that a scope may end before backward runs. */
  readonly saved: readonly Tensor[];
  /** One gradient an input, null where it is not needed. */
  backward(dOutputs: readonly (Tensor | null)[]): readonly (Tensor | null)[];
}

interface TapeInput {
  readonly name: string;
  readonly id: number;
  readonly shape: Shape;
  readonly needed: boolean;
}

const isFloat = ({ dtype }: { readonly dtype: DType }): boolean =>
  dtype === 'f32' || dtype === 'f16';

export class Tape {
  readonly #device: Device;
  readonly #nodes: TapeNode[] = [];
  readonly #tracked = new Set<number>();

  constructor(device: Device, watched: readonly Tensor[]) {
    this.#device = device;
    for (const tensor of watched) this.#tracked.add(tensor.id);
  }

  /** Whether the tensor depends on a watched one. Integers never do. */
  tracks(tensor: Tensor): boolean {
    return this.#tracked.has(tensor.id);
  }

  /** @param what - that has no gradient @throws NoGradientError if one of the tensors depends on a watched one. */
  assertUntracked(what: string, tensors: readonly Tensor[]): void {
    const tensor = tensors.find((candidate) => this.tracks(candidate));
    if (!tensor) return;
    throw new NoGradientError(
      `${what}: has no gradient, but '${tensor.label}' ${formatShape(tensor.shape)} depends on what is differentiated. Pass stopGradient(tensor) to treat it as a constant, or use an op with a gradient (defineOp).`,
    );
  }

  record(node: TapeNode): void {
    for (const output of node.outputs) if (isFloat(output)) this.#tracked.add(output.id);
    this.#nodes.push(node);
  }

  /**
   * Walks back from the outputs. Each node's saved tensors are freed as soon as its backward has run.
   * @param seeds - gradients of outputs; not freed
   * @returns gradients by tensor id, of the watched tensors and of nothing else; owned by the caller.
   */
  backward(seeds: readonly { of: Tensor; gradient: Tensor }[]): Map<number, Tensor> {
    const gradients = new Map<number, Tensor>();
    try {
      for (const { of, gradient } of seeds) addGradient('seed', gradients, of, gradient);
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

  /** Frees what backward did not. */
  dispose(): void {
    for (const node of this.#nodes.splice(0)) for (const tensor of node.saved) tensor.dispose();
  }

  #runNode(node: TapeNode, gradients: Map<number, Tensor>): void {
    const dOutputs = node.outputs.map(({ id }) => gradients.get(id) ?? null);
    if (dOutputs.every((gradient) => gradient === null)) return;
    const { checks } = this.#device;
    checks?.check(node.name, 'output gradient', dOutputs);
    const { result, made } = this.#device.collect(() => node.backward(dOutputs));
    try {
      checks?.check(node.name, 'input gradient', result);
      for (const { id } of node.outputs) gradients.delete(id);
      node.inputs.forEach((input, index) => {
        if (!input.needed) return;
        const gradient = result[index];
        invariant(gradient, `${node.name}: backward gave no gradient for its input ${input.name}`);
        addGradient(node.name, gradients, input, gradient);
      });
    } finally {
      for (const tensor of [...made, ...dOutputs]) tensor?.dispose();
    }
  }
}

function addGradient(
  op: string,
  gradients: Map<number, Tensor>,
  input: { readonly id: number; readonly shape: Shape },
  gradient: Tensor,
): void {
  invariant(
    sameShape(gradient.shape, input.shape),
    `${op}: gradient has shape ${gradient.shape}, input ${input.shape}`,
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

/** A copy owned by no scope. */
function copyOf(source: Tensor): Tensor {
  const { device, shape, dtype, label } = source;
  const target = device.keep(device.empty(shape, { dtype, label }));
  device.copy(source, target);
  return target;
}
