// The ops between the start and the end of a checkpoint: they keep few tensors, and make the others again for backward.

import type { Tensor } from '../api.ts';
import { invariant } from '../errors.ts';
import { getInternals } from '../internals.ts';
import { aliasTensor } from '../tensor.ts';
import { disposeAll } from '../tree.ts';
import {
  type AnyTensors,
  entries,
  type OpCall,
  outputEntries,
  type SavedTensors,
  tensorsOf,
} from './op-call.ts';
import { planRecompute, type RecomputePlan } from './plan-recompute.ts';

/** By name the id of a tensor; null or undefined as in the call. */
type Ids = Readonly<Record<string, number | null | undefined>>;

interface SegmentCall extends Pick<OpCall, 'op' | 'device' | 'attrs'> {
  readonly inputs: Ids;
  readonly outputs: readonly number[];
  readonly saved: Ids;
}

export class Segment {
  readonly #keep: ReadonlySet<string>;
  readonly #calls: SegmentCall[] = [];
  /** By id that the tensor had when the body ran. The handles are this segment's own. */
  readonly #held = new Map<number, Tensor>();
  /** How many readers are still to come, by id. */
  readonly #uses = new Map<number, number>();
  /** Null while the body runs. */
  #plan: RecomputePlan | null = null;
  #isRestored = false;
  /** Calls whose backward is still to come. */
  #open = 0;

  /** @param keep - names of ops that never run again */
  constructor(keep: readonly string[]) {
    this.#keep = new Set(keep);
  }

  /** Notes a call. Until the body has ended all its tensors are held. */
  add({ op, device, attrs, inputs, result }: OpCall): SavedTensors {
    const outputs = outputEntries(result.output);
    for (const [, tensor] of [...entries(inputs), ...outputs, ...entries(result.saved)])
      this.#hold(tensor.id, tensor);
    const saved = idsOf(result.saved ?? {});
    this.#calls.push({
      ...{ op, device, attrs, saved },
      inputs: idsOf(inputs),
      outputs: tensorsOf(outputs).map(({ id }) => id),
    });
    this.#open++;
    return { get: () => this.#read(saved), dispose: () => this.#close(saved) };
  }

  /** Ends the body: chooses what to keep, and lets go of the rest. */
  end(): void {
    const calls = this.#calls.map(({ op, inputs, outputs, saved }) => ({
      isKept: this.#keep.has(op.name),
      ...{ inputs: present(inputs), outputs, saved: present(saved) },
    }));
    this.#plan = planRecompute(calls);
    for (const [id, uses] of this.#plan.uses) this.#uses.set(id, uses);
    for (const id of [...this.#held.keys()]) if (!this.#plan.kept.has(id)) this.#drop(id);
  }

  #read(saved: Ids): AnyTensors {
    this.#restore();
    return this.#tensors(saved);
  }

  /** Runs again, once, what backward reads and nobody kept. */
  #restore(): void {
    if (this.#isRestored) return;
    this.#isRestored = true;
    for (const index of this.#plan?.reruns ?? []) {
      const call = this.#calls[index] as SegmentCall;
      this.#rerun(call);
      for (const id of present(call.inputs)) this.#release(id);
    }
  }

  #rerun({ op, device, attrs, inputs, outputs, saved }: SegmentCall): void {
    const { result, made } = getInternals(device).scopes.collect(() =>
      op.forward({ device, inputs: this.#tensors(inputs), attrs, needsGrad: true }),
    );
    tensorsOf(outputEntries(result.output)).forEach((tensor, index) => {
      this.#hold(outputs[index] as number, tensor);
    });
    for (const [name, tensor] of entries(result.saved)) this.#hold(saved[name] as number, tensor);
    disposeAll([...made]);
  }

  #tensors(ids: Ids): AnyTensors {
    return mapValues(ids, (id) => {
      const tensor = this.#held.get(id);
      invariant(tensor, 'checkpoint: a tensor that backward reads is gone');
      return tensor;
    });
  }

  /** While the body runs everything, later what has readers. */
  #hold(id: number, tensor: Tensor): void {
    if (this.#held.has(id) || (this.#plan && !this.#uses.get(id))) return;
    this.#held.set(id, aliasTensor(tensor));
  }

  /** One reader less. */
  #release(id: number): void {
    const uses = (this.#uses.get(id) ?? 0) - 1;
    this.#uses.set(id, uses);
    if (uses === 0) this.#drop(id);
  }

  #drop(id: number): void {
    this.#held.get(id)?.dispose();
    this.#held.delete(id);
  }

  /** The backward of one call has run, or never will. */
  #close(saved: Ids): void {
    for (const id of present(saved)) this.#release(id);
    // Where nothing ran back, what the repeated forwards would have read is still here.
    if (--this.#open === 0) for (const id of [...this.#held.keys()]) this.#drop(id);
  }
}

const idsOf = (tensors: AnyTensors): Ids => mapValues(tensors, ({ id }) => id);

const present = (ids: Ids): number[] =>
  Object.values(ids).filter((id): id is number => typeof id === 'number');

function mapValues<T extends object | number, R>(
  record: Readonly<Record<string, T | null | undefined>>,
  map: (value: T) => R,
): Record<string, R | null | undefined> {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [
      name,
      value === null || value === undefined ? value : map(value),
    ]),
  );
}
