// First part of a training step: loss and gradients of one micro batch, the gradients written into their arena.

import { type Arena, createArena, type Tensor, valueAndGrad } from '@vulpes/tensor-core';
import { BatchSteps } from './batch-steps.ts';
import type { TokenBatch } from './data/batches.ts';
import type { Model, Params, TensorBatch } from './model.ts';
import { arenaEntries, type TrainedState } from './trained-state.ts';

/** Overwritten by the next batch. */
export interface BatchResult {
  /** f32 [1]: mean nats a token. */
  readonly loss: Tensor;
  /** Per layer, u32 [batch, heads, 2]. */
  readonly pruningCounts: readonly Tensor[];
}

export class BatchGradients {
  /** Of the last batch. */
  readonly arena: Arena;
  readonly #steps: BatchSteps<BatchResult>;
  /** f32 [1], what gradients are multiplied by: part of the state's control. */
  readonly #lossScale: Tensor;

  constructor(model: Model, state: TrainedState, options: { readonly replay?: boolean }) {
    const { device } = model;
    const { computeParams, learned, control } = state;
    this.arena = createArena(device, arenaEntries(model), { label: 'gradients' });
    this.#lossScale = device.keep(device.slice(control, 0, [1]));
    const lossAndGradients = valueAndGrad(
      device,
      (watched: Readonly<Params>, batch: TensorBatch) =>
        model.loss({ ...computeParams, ...watched }, batch),
      { into: { ...this.arena.tensors, ...this.arena.wholes }, seed: this.#lossScale },
    );
    const record = (batch: TensorBatch): BatchResult => {
      const { loss, aux } = lossAndGradients(learned, batch);
      return { loss, pruningCounts: aux?.pruningCounts ?? [] };
    };
    this.#steps = new BatchSteps(device, record, options);
  }

  get steps() {
    return this.#steps.steps;
  }

  run(batch: TokenBatch): BatchResult {
    return this.#steps.run(batch);
  }

  dispose(): void {
    this.#steps.dispose();
    this.#lossScale.dispose();
    this.arena.dispose();
  }
}
