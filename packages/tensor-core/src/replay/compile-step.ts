// compileStep: record a step once, run it many times without the code that recorded it.

import type { Device, Tensor } from '../api.ts';
import type { DType, HostArray } from '../dtype.ts';
import { ArgumentError, ReplayError, UnsupportedError } from '../errors.ts';
import { adopt, getInternals } from '../internals.ts';
import type { Shape } from '../shape.ts';
import { aliasTensor, getStorage } from '../tensor.ts';
import { disposeAll, leaves, mapLeaves } from '../tree.ts';
import { assertReplayable } from './assert-replayable.ts';
import { findDifference } from './compare-commands.ts';
import { assertOwnOutput, describeOutputs, giveMemory } from './outputs.ts';
import type { Recording, StepBinding, StepPlan } from './step-plan.ts';

export interface StepInput {
  readonly shape: Shape;
  /** Default f32. */
  readonly dtype?: DType;
}

export interface StepDefinition<Inputs extends Readonly<Record<string, StepInput>>, Outputs> {
  /** What changes from run to run, and comes from the host. */
  readonly inputs: Inputs;
  /** Records the step: synchronous, without reads. Whatever it does besides its inputs must be the same at every call. */
  readonly record: (inputs: { readonly [K in keyof Inputs]: Tensor }) => Outputs;
}

export interface CompiledStep<Inputs, Outputs> extends Disposable {
  /**
   * Records one run behind all that was recorded before it.
   * @returns handles on the step's outputs, owned by the scope that is open, or by the caller; the next run overwrites what they hold
   * @throws ReplayError where the second recording differs from the first: it names kernel and field
   */
  run(values: { readonly [K in keyof Inputs]: HostArray }): Outputs;
  /** Bytes that a run computes in and returns, shared with other compiled steps of the device where that is possible; 0 before the first run. */
  readonly byteLength: number;
  /** The largest of its own tensors that a kernel binds; null before the first run. */
  readonly largestBinding: StepBinding | null;
  /** Kernel launches of a run; 0 before the first. */
  readonly dispatches: number;
  /** Frees the step's memory after the work that was recorded is done; outputs keep theirs while handles on them live. */
  dispose(): void;
}

/**
 * A step that is recorded at its first call, recorded again and compared at its second, and replayed from then on.
 * @param options.replay - false: every call records, as without compileStep. Default true
 * On a device made with `debug: 'replay'` every call compares; with `debug: 'validate'` every call records.
 * @example
 * const step = compileStep(device, {
 *   inputs: { ids: { shape: [1, 64], dtype: 'i32' } },
 *   record: ({ ids }) => ({ logits: model.logits(params, { inputIds: ids }) }),
 * });
 * const { logits } = step.run({ ids });
 */
export function compileStep<const Inputs extends Readonly<Record<string, StepInput>>, Outputs>(
  device: Device,
  definition: StepDefinition<Inputs, Outputs>,
  { replay = true }: { readonly replay?: boolean } = {},
): CompiledStep<Inputs, Outputs> {
  return new RecordedStep(device, definition, replay);
}

/** The first run records, the second one records and compares. */
const RECORDED_RUNS = 2;

class RecordedStep<Inputs extends Readonly<Record<string, StepInput>>, Outputs>
  implements CompiledStep<Inputs, Outputs>
{
  readonly #device: Device;
  readonly #record: StepDefinition<Inputs, Outputs>['record'];
  readonly #replays: boolean;
  readonly #inputs: Readonly<Record<string, Tensor>>;
  #first: { recording: Recording; plan: StepPlan; outputs: Outputs } | null = null;
  #runs = 0;
  #isDisposed = false;

  constructor(
    device: Device,
    { inputs, record }: StepDefinition<Inputs, Outputs>,
    replays: boolean,
  ) {
    this.#device = device;
    this.#record = record;
    this.#replays = replays && !getInternals(device).checks;
    this.#inputs = Object.fromEntries(
      Object.entries(inputs).map(([label, { shape, dtype = 'f32' }]) => [
        label,
        device.keep(device.empty(shape, { dtype, label })),
      ]),
    );
  }

  get byteLength(): number {
    return this.#first?.plan.byteLength ?? 0;
  }

  get largestBinding(): StepBinding | null {
    return this.#first?.plan.largestBinding ?? null;
  }

  get dispatches(): number {
    return this.#first?.plan.dispatches ?? 0;
  }

  run(values: { readonly [K in keyof Inputs]: HostArray }): Outputs {
    if (this.#isDisposed)
      throw new ArgumentError(
        'compileStep: run() was called after dispose(). Compile the step again.',
      );
    if (getInternals(this.#device).recording) {
      throw new UnsupportedError(
        'compileStep: expected run() outside of valueAndGrad and vjp, as a compiled step has no gradient. Put the gradient into record.',
      );
    }
    this.#writeInputs(values);
    if (!this.#replays) return this.#device.scope(() => this.#callRecord());
    const { plan, outputs } = this.#recordOnce();
    getInternals(this.#device).replay.recordPlan(plan);
    this.#runs++;
    return mapLeaves(outputs, (tensor) => adopt(aliasTensor(tensor)));
  }

  dispose(): void {
    if (this.#isDisposed) return;
    if (this.#first) getInternals(this.#device).replay.destroyPlan(this.#first.plan);
    this.#isDisposed = true;
    disposeAll([this.#inputs, this.#first?.outputs]);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #writeInputs(values: { readonly [K in keyof Inputs]: HostArray }): void {
    const unknown = Object.keys(values).find((name) => !(name in this.#inputs));
    if (unknown) {
      throw new ArgumentError(
        `compileStep: expected values for ${Object.keys(this.#inputs).join(', ')}, got one for '${unknown}'.`,
      );
    }
    for (const [name, tensor] of Object.entries(this.#inputs)) {
      const value = (values as Readonly<Record<string, HostArray | undefined>>)[name];
      if (!value)
        throw new ArgumentError(`compileStep: expected a value for the input ${name}, got none.`);
      this.#device.write(tensor, value);
    }
  }

  #recordOnce() {
    const { replay } = getInternals(this.#device);
    if (!this.#first) {
      const { recording, result } = this.#capture();
      const { outputs, memory } = giveMemory(this.#device, result);
      this.#first = { recording, outputs, plan: replay.makePlan(recording, memory) };
    } else if (this.#runs < RECORDED_RUNS || replay.comparesEveryRun) {
      this.#compare(this.#first.recording);
    }
    return this.#first;
  }

  #compare(first: Recording): void {
    const { recording, result } = this.#capture();
    disposeAll(result);
    const difference =
      findDifference(first.commands, recording.commands) ??
      (first.outputTree === recording.outputTree
        ? null
        : `it returned ${first.outputTree}, then ${recording.outputTree}`);
    if (!difference) return;
    throw new ReplayError(
      `compileStep: expected every recording of the step to be the same, but ${difference}. Declare what changes as an input, or run it without compileStep.`,
    );
  }

  /** One recording, and what it returned: tensors without memory. */
  #capture(): { recording: Recording; result: Outputs } {
    const { replay } = getInternals(this.#device);
    const { result, commands, buffers } = replay.capture(() =>
      this.#device.scope(() => this.#callRecord()),
    );
    const own = new Set<unknown>(buffers);
    const tensors = leaves(result);
    const isOwn = (tensor: Tensor) => own.has(getStorage(tensor).buffer);
    try {
      for (const tensor of tensors) assertOwnOutput(tensor, isOwn(tensor));
      for (const tensor of tensors) this.#device.keep(tensor);
      const outputs = new Set(tensors.map((tensor) => getStorage(tensor).buffer));
      const recording = { commands, buffers, outputs, outputTree: describeOutputs(result) };
      assertReplayable(recording);
      return { recording, result };
    } catch (error) {
      disposeAll(tensors.filter(isOwn));
      throw error;
    }
  }

  #callRecord(): Outputs {
    return this.#record(this.#inputs as { readonly [K in keyof Inputs]: Tensor });
  }
}
