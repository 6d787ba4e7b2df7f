// One training step: gradients of each micro batch, their mean, and the update. Recorded once, then replayed.

import { type Arena, ArgumentError, type StepBinding, type Tensor } from '@vulpes/tensor-core';
import { stepNumbers } from '@vulpes/wgsl-kernels';
import { BatchGradients, type BatchResult } from './batch-gradients.ts';
import type { TokenBatch } from './data/batches.ts';
import { MeanGradients } from './mean-gradients.ts';
import type { Model } from './model.ts';
import { OPTIMIZER, type OptimizerSettings } from './settings.ts';
import type { TrainedState } from './trained-state.ts';
import { WeightUpdate } from './weight-update.ts';

export interface TrainStepOptions extends Partial<OptimizerSettings> {
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

export interface TrainStep extends Disposable {
  /** Records one update of the state, in place. */
  run(input: TrainStepInput): TrainStepResult;
  /** Kernel launches of the newest recorded batch and of an update; 0 before the first step. */
  readonly dispatches: number;
  /** Bytes of gradients, and of what the step computes with, which other compiled steps may use, too. Grows with the first step. */
  readonly byteLength: number;
  /** The largest range that a kernel of the step binds. */
  readonly largestBinding: StepBinding;
  dispose(): void;
}

/** Good updates after which the loss scale of mixed precision doubles. */
const GROWTH_INTERVAL = 2000;

/** Makes the function that records one update of `state`, in place. */
export function createTrainStep(
  model: Model,
  state: TrainedState,
  options: TrainStepOptions,
): TrainStep {
  return new ReplayedTrainStep(model, state, options);
}

class ReplayedTrainStep implements TrainStep {
  readonly #model: Model;
  readonly #options: TrainStepOptions;
  readonly #gradients: BatchGradients;
  /** Made for the first step of several micro batches. */
  #mean: MeanGradients | null = null;
  readonly #update: WeightUpdate;

  constructor(model: Model, state: TrainedState, options: TrainStepOptions) {
    this.#model = model;
    this.#options = options;
    this.#gradients = new BatchGradients(model, state, options);
    this.#update = new WeightUpdate(model, state, options);
  }

  run({ microBatches, learningRate, update, skipped = 0 }: TrainStepInput): TrainStepResult {
    const { weightDecay, maxGradNorm, beta1, beta2 } = { ...OPTIMIZER, ...this.#options };
    const growthInterval = this.#model.compute === 'f16' ? GROWTH_INTERVAL : 0;
    const settings = {
      ...{ learningRate, weightDecay, beta1, beta2, maxGradNorm, update, skipped },
      growthInterval,
    };
    return this.#model.device.scope(() => {
      const { results, gradients } = this.#computeGradients(microBatches);
      // Several devices would add up their gradients here.
      const control = this.#update.run(gradients, stepNumbers(settings));
      return {
        losses: results.map(({ loss }) => loss),
        control,
        pruningCounts: results.map(({ pruningCounts }) => pruningCounts),
      };
    });
  }

  get dispatches(): number {
    const newest = [this.#gradients.steps.at(-1), this.#update.steps.at(-1)];
    return newest.reduce((sum, step) => sum + (step?.dispatches ?? 0), 0);
  }

  get byteLength(): number {
    const slabs = [this.#gradients.arena, this.#mean?.arena].flatMap((arena) => arena?.slabs ?? []);
    const parts = [...slabs, ...this.#gradients.steps, ...this.#update.steps];
    return parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  get largestBinding(): StepBinding {
    const steps = [...this.#gradients.steps, ...this.#update.steps];
    const bindings: StepBinding[] = [
      ...this.#gradients.arena.slabs,
      ...steps.flatMap(({ largestBinding }) => largestBinding ?? []),
    ];
    return bindings.reduce((a, b) => (b.byteLength > a.byteLength ? b : a));
  }

  dispose(): void {
    this.#gradients.dispose();
    this.#mean?.dispose();
    this.#update.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Gradients of the batch, or their mean over several; and what each batch gave. */
  #computeGradients(microBatches: readonly TokenBatch[]): {
    results: readonly BatchResult[];
    gradients: Arena;
  } {
    const [first] = microBatches;
    if (!first)
      throw new ArgumentError('training step: expected at least one micro batch, got none.');
    const other = microBatches.find(({ shape }) => shape.join() !== first.shape.join());
    if (other) {
      throw new ArgumentError(
        `training step: expected micro batches of one shape, as their gradients are averaged, got [${first.shape}] and [${other.shape}].`,
      );
    }
    if (microBatches.length === 1) {
      return { results: [this.#gradients.run(first)], gradients: this.#gradients.arena };
    }
    this.#mean ??= new MeanGradients(this.#model);
    return { results: this.#mean.run(this.#gradients, microBatches), gradients: this.#mean.arena };
  }
}
