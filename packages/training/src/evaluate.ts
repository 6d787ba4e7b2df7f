// Held-out loss: fixed batches, no gradients, the mean over all their tokens.

import { type CompiledStep, compileStep, type StepInput, type Tensor } from '@vulpes/tensor-core';
import type { TokenBatch } from './data/batches.ts';
import type { Model, Params } from './model.ts';
import { type PruningSummary, PruningTally } from './pruning.ts';

export interface Evaluation {
  /** Mean nats a token. */
  readonly loss: number;
  /** Tokens predicted. */
  readonly tokens: number;
  /** Of the attention in these batches; null without pruning. */
  readonly pruning: PruningSummary | null;
}

export interface Evaluator extends Disposable {
  /**
   * The same batches and weights give the same number, bit for bit, on the same adapter.
   * @returns null when `signal` was aborted before the end
   */
  run(batches: readonly TokenBatch[], signal?: AbortSignal): Promise<Evaluation | null>;
  dispose(): void;
}

/** Evaluates `params` as they are at each call; the loss is recorded once for each shape of batch, and replayed. */
export function createEvaluator(model: Model, params: Readonly<Params>): Evaluator {
  return new ReplayedEvaluator(model, params);
}

type Inputs = { readonly inputIds: StepInput; readonly labels: StepInput };
/** The loss, then each layer's counts. */
type LossStep = CompiledStep<Inputs, readonly Tensor[]>;

class ReplayedEvaluator implements Evaluator {
  readonly #model: Model;
  readonly #params: Readonly<Params>;
  /** By shape of the batch. */
  readonly #steps = new Map<string, LossStep>();

  constructor(model: Model, params: Readonly<Params>) {
    this.#model = model;
    this.#params = params;
  }

  async run(batches: readonly TokenBatch[], signal?: AbortSignal): Promise<Evaluation | null> {
    const pruning = new PruningTally();
    let nats = 0;
    let tokens = 0;
    for (const batch of batches) {
      if (signal?.aborted) return null;
      const { loss, counts } = await this.#computeLoss(batch);
      nats += loss * batch.labels.length;
      tokens += batch.labels.length;
      pruning.add(counts, this.#model.config.numHeads);
    }
    return { loss: nats / tokens, tokens, pruning: pruning.summary() };
  }

  dispose(): void {
    for (const step of this.#steps.values()) step.dispose();
    this.#steps.clear();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  async #computeLoss({ inputs, labels, shape }: TokenBatch) {
    const key = shape.join();
    const step = this.#steps.get(key) ?? this.#compile(shape);
    this.#steps.set(key, step);
    const { device } = this.#model;
    const outputs = step.run({ inputIds: inputs, labels });
    const reading = device.read(outputs);
    for (const tensor of outputs) tensor.dispose(); // the copies are recorded already
    const [loss, ...counts] = await reading;
    return { loss: loss?.[0] as number, counts: counts as Uint32Array[] };
  }

  #compile(shape: TokenBatch['shape']): LossStep {
    const ids = { shape, dtype: 'i32' } as const;
    return compileStep(this.#model.device, {
      inputs: { inputIds: ids, labels: ids },
      record: (batch) => {
        const { loss, aux } = this.#model.loss(this.#params, batch);
        return [loss, ...aux.pruningCounts];
      },
    });
  }
}
