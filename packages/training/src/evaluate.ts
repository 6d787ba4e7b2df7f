// Held-out loss: fixed batches, no gradients, the mean over all their tokens.

import type { Tensor } from '@vulpes/tensor-core';
import { BatchSteps } from './batch-steps.ts';
import type { TokenBatch } from './data/batches.ts';
import { countLabels } from './data/packing.ts';
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

/** Evaluates `params`, as `model.loss` reads them, with what they hold at each call; the loss is recorded once for each shape of batch, and replayed. */
export function createEvaluator(model: Model, params: Readonly<Params>): Evaluator {
  return new ReplayedEvaluator(model, params);
}

class ReplayedEvaluator implements Evaluator {
  readonly #model: Model;
  /** The loss, then each layer's counts. */
  readonly #steps: BatchSteps<readonly Tensor[]>;

  constructor(model: Model, params: Readonly<Params>) {
    this.#model = model;
    this.#steps = new BatchSteps(model.device, (batch) => {
      const { loss, aux } = model.loss(params, batch);
      return [loss, ...aux.pruningCounts];
    });
  }

  async run(batches: readonly TokenBatch[], signal?: AbortSignal): Promise<Evaluation | null> {
    const pruning = new PruningTally();
    let nats = 0;
    let tokens = 0;
    for (const batch of batches) {
      if (signal?.aborted) return null;
      const { loss, counts } = await this.#computeLoss(batch);
      const count = countLabels(batch);
      nats += loss * count;
      tokens += count;
      pruning.add(counts, this.#model.config.numHeads);
    }
    return { loss: nats / tokens, tokens, pruning: pruning.summary() };
  }

  dispose(): void {
    this.#steps.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  async #computeLoss(batch: TokenBatch) {
    const outputs = this.#steps.run(batch);
    const reading = this.#model.device.read(outputs);
    for (const tensor of outputs) tensor.dispose(); // the copies are recorded already
    const [loss, ...counts] = await reading;
    return { loss: loss?.[0] as number, counts: counts as Uint32Array[] };
  }
}
