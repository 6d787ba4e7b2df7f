// The tape: what ran, in order, and the walk back that turns the gradient of an output into gradients of the inputs.

import { accumulateInto } from '../accumulate.ts';
import type { Device, Tensor } from '../api.ts';
import type { DType } from '../dtype.ts';
import { invariant, NoGradientError } from '../errors.ts';
import { type DeviceInternals, getInternals } from '../internals.ts';
import { formatShape, sameShape } from '../shape.ts';
import { aliasTensor, getStorage } from '../tensor.ts';
import { disposeAll } from '../tree.ts';
import type { GradientPlace } from './op-types.ts';
import { PartialSums } from './partial-sums.ts';
import type { Recording, TapeInput, TapeNode } from './recording.ts';
import type { Segment } from './segment.ts';

const isFloat = ({ dtype }: { readonly dtype: DType }): boolean =>
  dtype === 'f32' || dtype === 'f16';

export class Tape implements Recording {
  segment: Segment | null = null;
  readonly #internals: DeviceInternals;
  readonly #nodes: TapeNode[] = [];
  readonly #watched: ReadonlySet<number>;
  readonly #tracked: Set<number>;
  /** By id of a watched tensor: where its gradient goes. */
  readonly #targets: ReadonlyMap<number, Tensor>;
  readonly #partialSums: PartialSums;

  constructor(
    device: Device,
    watched: readonly Tensor[],
    targets: ReadonlyMap<number, Tensor> = new Map(),
  ) {
    this.#internals = getInternals(device);
    this.#partialSums = new PartialSums(device);
    this.#targets = targets;
    this.#watched = new Set(watched.map(({ id }) => id));
    this.#tracked = new Set(this.#watched);
  }

  gradientDType({ id, dtype }: Tensor): DType {
    return this.#watched.has(id) ? 'f32' : dtype;
  }

  tracks(tensor: Tensor): boolean {
    return this.#tracked.has(tensor.id);
  }

  assertUntracked(what: string, tensors: readonly (Tensor | null)[]): void {
    const tensor = tensors.find((candidate) => candidate && this.tracks(candidate));
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
      for (const { of, gradient } of seeds) {
        const { id, shape } = of;
        const input = { id, shape, gradientDType: this.gradientDType(of) };
        this.#addGradient('seed', gradients, input, gradient);
      }
      for (let node = this.#nodes.at(-1); node; node = this.#nodes.at(-1)) {
        this.#runNode(node, gradients);
        this.#nodes.pop();
        node.dispose();
      }
      this.#partialSums.flush();
      return gradients;
    } catch (error) {
      disposeAll([...gradients.values()]);
      throw error;
    } finally {
      this.#partialSums.dispose();
    }
  }

  /** Frees what backward did not. */
  dispose(): void {
    for (const node of this.#nodes.splice(0)) node.dispose();
  }

  #runNode(node: TapeNode, gradients: Map<number, Tensor>): void {
    const dOutputs = node.outputs.map(({ id }) => gradients.get(id) ?? null);
    if (dOutputs.every((gradient) => gradient === null)) return;
    const { checks, scopes } = this.#internals;
    checks?.check(node.name, 'output gradient', dOutputs);
    const places = this.#choosePlaces(node, gradients);
    const { result, made } = scopes.collect(() =>
      node.backward(dOutputs, places, this.#partialSums),
    );
    try {
      const whole = result.filter((gradient) => gradient && !this.#partialSums.holds(gradient));
      checks?.check(node.name, 'input gradient', whole);
      for (const { id } of node.outputs) gradients.delete(id);
      node.inputs.forEach((input, index) => {
        if (!input.needed) return;
        const gradient = result[index];
        invariant(gradient, `${node.name}: backward gave no gradient for its input ${input.name}`);
        const place = places[index];
        if (place?.accumulate && place.tensor === gradient) return; // added already
        if (this.#partialSums.holds(gradient)) this.#addSums(node.name, gradients, input);
        else this.#addGradient(node.name, gradients, input, gradient);
      });
    } finally {
      this.#partialSums.close();
      disposeAll([...made, ...dOutputs]);
    }
  }

  /** Sums of parts: later, with those of other ops, where the gradient has a place and is the first. */
  #addSums(op: string, gradients: Map<number, Tensor>, input: TapeInput): void {
    const { id, shape, name } = input;
    const target = this.#targets.get(id);
    if (target && !gradients.has(id)) {
      this.#partialSums.add(name, target);
      gradients.set(id, aliasTensor(target));
      return;
    }
    const { device } = this.#partialSums;
    using sums = device.keep(device.empty(shape, { label: `d ${op} ${name}` }));
    this.#partialSums.sumNow(name, sums);
    this.#addGradient(op, gradients, input, sums);
  }

  /** The first gradient of a watched tensor may be written where it belongs, further ones may be added to a sum that nobody else reads. */
  #choosePlaces(
    { inputs }: TapeNode,
    gradients: ReadonlyMap<number, Tensor>,
  ): (GradientPlace | null)[] {
    return inputs.map(({ id }, index) => {
      // Two gradients of one op cannot share a place.
      if (inputs.findIndex((input) => input.id === id) !== index) return null;
      const target = this.#targets.get(id);
      const sum = gradients.get(id);
      if (!sum) return target ? { tensor: target, accumulate: false } : null;
      if (this.#partialSums.isPending(sum)) this.#partialSums.flush();
      return target || !getStorage(sum).isShared ? { tensor: sum, accumulate: true } : null;
    });
  }

  #addGradient(
    op: string,
    gradients: Map<number, Tensor>,
    { id, shape, gradientDType: dtype }: Pick<TapeInput, 'id' | 'shape' | 'gradientDType'>,
    gradient: Tensor,
  ): void {
    invariant(
      sameShape(gradient.shape, shape),
      `${op}: gradient has shape ${gradient.shape}, input ${shape}`,
    );
    invariant(
      gradient.dtype === dtype || this.#watched.has(id),
      `${op}: gradient has dtype ${gradient.dtype}, expected ${dtype}`,
    );
    const sum = gradients.get(id);
    const target = this.#targets.get(id);
    if (sum && this.#partialSums.isPending(sum)) this.#partialSums.flush();
    if (!sum && target) {
      if (gradient !== target) copyInto(target, gradient);
      gradients.set(id, aliasTensor(target));
    } else if (!sum) {
      gradients.set(id, own(gradient, dtype));
    } else if (target || !getStorage(sum).isShared) {
      accumulateInto(sum, gradient);
    } else {
      // Others still read this memory: sum into a copy.
      const fresh = copyOf(sum, dtype);
      sum.dispose();
      accumulateInto(fresh, gradient);
      gradients.set(id, fresh);
    }
  }
}

/** A gradient in a tensor of the tape's own, of the dtype that it has to have. */
function own(gradient: Tensor, dtype: DType): Tensor {
  return gradient.dtype === dtype ? aliasTensor(gradient) : copyOf(gradient, dtype);
}

/** A copy owned by no scope. */
function copyOf(source: Tensor, dtype: DType): Tensor {
  const { device, shape, label } = source;
  const target = device.keep(device.empty(shape, { dtype, label }));
  copyInto(target, source);
  return target;
}

/** target = source; each f32 or f16. */
function copyInto(target: Tensor, source: Tensor): void {
  const { device, dtype } = target;
  if (source.dtype === dtype) {
    device.copy(source, target);
  } else {
    device.fillZero(target);
    accumulateInto(target, source);
  }
}
