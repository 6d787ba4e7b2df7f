// One training step: gradients of each micro batch, their mean, global norm, clip, AdamW. Recorded once, then replayed.

import {
  type Arena,
  type CompiledStep,
  compileStep,
  createArena,
  type Device,
  type StepBinding,
  type StepInput,
  type Tensor,
  valueAndGrad,
} from '@vulpes/tensor-core';
import {
  accumulate,
  adamwStep,
  globalNorm,
  STEP_NUMBERS,
  stepControl,
  stepNumbers,
  toDecayBlocks,
} from '@vulpes/wgsl-kernels';
import type { TokenBatch } from './data/batches.ts';
import type { Model, Params, TensorBatch } from './model.ts';
import { ADAMW } from './settings.ts';
import { type TrainedState, trainable } from './trained-state.ts';

export interface TrainStepOptions {
  readonly weightDecay: number;
  /** null = never clip. */
  readonly maxGradNorm: number | null;
  /** Record the step once and replay it (default), or record every call. */
  readonly replay?: boolean;
}

export interface TrainStepInput {
  /** All of one shape; their gradients are averaged. */
  readonly microBatches: readonly TokenBatch[];
  readonly learningRate: number;
  /** 1 for the first update: AdamW's bias correction counts them. */
  readonly update: number;
  /** Updates that were skipped, as far as the host knows. Default 0. */
  readonly skipped?: number;
}

/** Tensors owned by the caller; the next step overwrites what they hold, so read them before it. */
export interface TrainStepResult {
  /** f32 [1] each, one per micro batch: mean nats a token before the update. */
  readonly losses: readonly Tensor[];
  /** f32 [8], see `STEP_CONTROL`: whether the update was skipped, the gradient norm before clipping, and more. */
  readonly control: Tensor;
  /** Per micro batch and layer, u32 [batch, heads, 2]. */
  readonly pruningCounts: readonly (readonly Tensor[])[];
}

/** The parts of a step. Between gradients and update is where several devices would add up their gradients. */
export interface TrainStep extends Disposable {
  /** Records one update of the state, in place. */
  run(input: TrainStepInput): TrainStepResult;
  /** Kernel launches of the last recorded batch and of an update; 0 before the first step. */
  readonly dispatches: number;
  /** Bytes of gradients, and of what the step computes with, which other compiled steps may use, too. Grows with the first step. */
  readonly byteLength: number;
  /** The largest range that a kernel of the step binds; of 0 bytes before the first step. */
  readonly largestBinding: StepBinding;
  dispose(): void;
}

/** Makes the function that records one update of `state`, in place. */
export function createTrainStep(
  model: Model,
  state: TrainedState,
  options: TrainStepOptions,
): TrainStep {
  return new ReplayedTrainStep(model, state, options);
}

interface BatchResult {
  readonly loss: Tensor;
  readonly pruningCounts: readonly Tensor[];
}

type BatchInputs = { readonly inputIds: StepInput; readonly labels: StepInput };
type NumberInputs = { readonly numbers: StepInput };

class ReplayedTrainStep implements TrainStep {
  readonly #device: Device;
  readonly #model: Model;
  readonly #state: TrainedState;
  readonly #options: TrainStepOptions;
  /** Of one micro batch. */
  readonly #gradients: Arena;
  /** Mean over micro batches, where there are several. */
  #meanGradients: Arena | null = null;
  /** f32 [1], what gradients are multiplied by: part of the state's control. */
  readonly #lossScale: Tensor;
  /** One for each weight slab, u32: which blocks are decayed. */
  readonly #decayBlocks: readonly Tensor[];
  /** By shape of the batch. */
  readonly #batchSteps = new Map<string, CompiledStep<BatchInputs, BatchResult>>();
  /** By the arena that it reads. */
  readonly #updateSteps = new Map<Arena, CompiledStep<NumberInputs, Tensor>>();

  constructor(model: Model, state: TrainedState, options: TrainStepOptions) {
    this.#device = model.device;
    this.#model = model;
    this.#state = state;
    this.#options = options;
    this.#gradients = createArena(model.device, trainable(model.parameterSpecs()), 'gradients');
    this.#decayBlocks = uploadDecayBlocks(model, state.weights);
    this.#lossScale = model.device.keep(model.device.slice(state.control, 0, [1]));
  }

  get dispatches(): number {
    const [batch, update] = [this.#batchSteps, this.#updateSteps].map((steps) =>
      [...steps.values()].at(-1),
    );
    return (batch?.dispatches ?? 0) + (update?.dispatches ?? 0);
  }

  get byteLength(): number {
    const slabs = [this.#gradients, this.#meanGradients].flatMap((arena) => arena?.slabs ?? []);
    return [...slabs, ...this.#steps()].reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  get largestBinding(): StepBinding {
    const slabs = this.#gradients.slabs;
    const own = this.#steps().flatMap(({ largestBinding }) => largestBinding ?? []);
    return [...slabs, ...own].reduce<StepBinding>(
      (largest, binding) => (binding.byteLength > largest.byteLength ? binding : largest),
      { label: '', byteLength: 0 },
    );
  }

  run({ microBatches, learningRate, update, skipped = 0 }: TrainStepInput): TrainStepResult {
    return this.#device.scope(() => {
      const { results, gradients } = this.#computeGradients(microBatches);
      const { weightDecay, maxGradNorm } = this.#options;
      const { beta1, beta2 } = ADAMW;
      const numbers = { learningRate, weightDecay, beta1, beta2, maxGradNorm, update, skipped };
      const control = this.#update(gradients, stepNumbers(numbers));
      return {
        losses: results.map(({ loss }) => loss),
        control,
        pruningCounts: results.map(({ pruningCounts }) => pruningCounts),
      };
    });
  }

  dispose(): void {
    for (const step of this.#steps()) step.dispose();
    for (const tensor of [...this.#decayBlocks, this.#lossScale]) tensor.dispose();
    this.#gradients.dispose();
    this.#meanGradients?.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #steps(): readonly Pick<
    CompiledStep<object, unknown>,
    'byteLength' | 'largestBinding' | 'dispose'
  >[] {
    return [...this.#batchSteps.values(), ...this.#updateSteps.values()];
  }

  /** Mean gradients over the micro batches, and what each batch gave. */
  #computeGradients(microBatches: readonly TokenBatch[]): {
    results: BatchResult[];
    gradients: Arena;
  } {
    const [only] = microBatches;
    if (only && microBatches.length === 1) {
      return { results: [this.#runBatch(only)], gradients: this.#gradients };
    }
    const specs = trainable(this.#model.parameterSpecs());
    this.#meanGradients ??= createArena(this.#device, specs, 'mean gradients');
    const { slabs } = this.#meanGradients;
    for (const slab of slabs) this.#device.fillZero(slab);
    const results = microBatches.map((batch) => {
      const { loss, pruningCounts } = this.#runBatch(batch);
      slabs.forEach((slab, index) => {
        accumulate(slab, this.#gradients.slabs[index] as Tensor, 1 / microBatches.length);
      });
      // The next batch overwrites them.
      return { loss: copyOf(loss), pruningCounts: pruningCounts.map(copyOf) };
    });
    return { results, gradients: this.#meanGradients };
  }

  /** Loss and gradients of one micro batch; the gradients go into their arena. */
  #runBatch({ inputs, labels, shape }: TokenBatch): BatchResult {
    const key = shape.join();
    const step = this.#batchSteps.get(key) ?? this.#compileBatch(shape);
    this.#batchSteps.set(key, step);
    return step.run({ inputIds: inputs, labels });
  }

  #compileBatch(shape: TokenBatch['shape']): CompiledStep<BatchInputs, BatchResult> {
    const { params, weights } = this.#state;
    const lossAndGradients = valueAndGrad(
      this.#device,
      (learned: Readonly<Params>, batch: TensorBatch) =>
        this.#model.loss({ ...params, ...learned }, batch),
      { into: this.#gradients.tensors, seed: this.#lossScale },
    );
    const ids = { shape, dtype: 'i32' } as const;
    return compileStep(
      this.#device,
      {
        inputs: { inputIds: ids, labels: ids },
        record: (batch) => {
          const { loss, aux } = lossAndGradients(weights.tensors, batch);
          return { loss, pruningCounts: aux?.pruningCounts ?? [] };
        },
      },
      this.#options,
    );
  }

  /** Norm, clip and AdamW, one launch a slab. @returns control */
  #update(gradients: Arena, numbers: Float32Array<ArrayBuffer>): Tensor {
    const step = this.#updateSteps.get(gradients) ?? this.#compileUpdate(gradients);
    this.#updateSteps.set(gradients, step);
    return step.run({ numbers });
  }

  #compileUpdate(gradients: Arena): CompiledStep<NumberInputs, Tensor> {
    const { weights, m, v, control: state } = this.#state;
    const record = ({ numbers }: { readonly numbers: Tensor }): Tensor => {
      const control = stepControl({ norm: globalNorm(gradients.slabs), numbers, state });
      weights.slabs.forEach((param, slab) => {
        adamwStep({
          param,
          grad: gradients.slabs[slab] as Tensor,
          m: m.slabs[slab] as Tensor,
          v: v.slabs[slab] as Tensor,
          control,
          decayBlocks: this.#decayBlocks[slab] as Tensor,
          ...ADAMW,
        });
      });
      return control;
    };
    const inputs = { numbers: { shape: [STEP_NUMBERS] } };
    return compileStep(this.#device, { inputs, record }, this.#options);
  }
}

/** u32 [blocks] for each slab: 1 where its parameter is decayed (the official groups). */
function uploadDecayBlocks(model: Model, { layout, slabs }: Arena): Tensor[] {
  const decayed = new Set(
    model.parameterSpecs().flatMap(({ name, weightDecay }) => (weightDecay ? [name] : [])),
  );
  return slabs.map((slab, index) => {
    const placements = layout.placements
      .filter((placement) => placement.slab === index)
      .map(({ name, offset, size }) => ({ offset, size, isDecayed: decayed.has(name) }));
    const blocks = toDecayBlocks(placements, slab.size);
    const options = { dtype: 'u32', label: 'decay blocks' } as const;
    return model.device.keep(model.device.tensor(blocks, [blocks.length], options));
  });
}

function copyOf(source: Tensor): Tensor {
  const { device, shape, dtype, label } = source;
  const copy = device.empty(shape, { dtype, label });
  device.copy(source, copy);
  return copy;
}
