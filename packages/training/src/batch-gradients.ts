// First part of a training step: loss and gradients of one micro batch, the gradients written into their arena.

import {
  type Arena,
  type CompiledStep,
  compileStep,
  createArena,
  type StepInput,
  type Tensor,
  valueAndGrad,
} from '@vulpes/tensor-core';
import type { TokenBatch } from './data/batches.ts';
import type { Model, Params, TensorBatch } from './model.ts';
import { type TrainedState, trainable } from './trained-state.ts';

/** Overwritten by the next batch. */
export interface BatchResult {
  /** f32 [1]: mean nats a token. */
  readonly loss: Tensor;
  /** Per layer, u32 [batch, heads, 2]. */
  readonly pruningCounts: readonly Tensor[];
}

type BatchStep = CompiledStep<
  { readonly inputIds: StepInput; readonly labels: StepInput },
  BatchResult
>;

/** Computes the gradients of one micro batch; recorded once for each shape of batch. */
export class BatchGradients {
  /** Of the last batch. */
  readonly arena: Arena;
  readonly #model: Model;
  readonly #state: TrainedState;
  readonly #options: { readonly replay?: boolean };
  /** f32 [1], what gradients are multiplied by: part of the state's control. */
  readonly #lossScale: Tensor;
  /** By shape of the batch. */
  readonly #steps = new Map<string, BatchStep>();

  constructor(model: Model, state: TrainedState, options: { readonly replay?: boolean }) {
    const { device } = model;
    this.#model = model;
    this.#state = state;
    this.#options = options;
    this.arena = createArena(device, trainable(model.parameterSpecs()), 'gradients');
    this.#lossScale = device.keep(device.slice(state.control, 0, [1]));
  }

  get steps(): readonly BatchStep[] {
    return [...this.#steps.values()];
  }

  run({ inputs, labels, shape }: TokenBatch): BatchResult {
    const key = shape.join();
    const step = this.#steps.get(key) ?? this.#compile(shape);
    this.#steps.set(key, step);
    return step.run({ inputIds: inputs, labels });
  }

  dispose(): void {
    for (const step of this.#steps.values()) step.dispose();
    this.#lossScale.dispose();
    this.arena.dispose();
  }

  #compile(shape: TokenBatch['shape']): BatchStep {
    const { device } = this.#model;
    const { params, weights } = this.#state;
    const lossAndGradients = valueAndGrad(
      device,
      (learned: Readonly<Params>, batch: TensorBatch) =>
        this.#model.loss({ ...params, ...learned }, batch),
      { into: this.arena.tensors, seed: this.#lossScale },
    );
    const ids = { shape, dtype: 'i32' } as const;
    const record = (batch: TensorBatch): BatchResult => {
      const { loss, aux } = lossAndGradients(weights.tensors, batch);
      return { loss, pruningCounts: aux?.pruningCounts ?? [] };
    };
    return compileStep(device, { inputs: { inputIds: ids, labels: ids }, record }, this.#options);
  }
}
