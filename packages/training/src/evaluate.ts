// Held-out loss: fixed batches, no gradients, the mean over all their tokens.

import type { Device } from '@vulpes/tensor-core';
import type { TokenBatch } from './data/batches.ts';
import { uploadBatch } from './data/upload-batch.ts';
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

/**
 * The same batches and weights give the same number, bit for bit, on the same adapter.
 * @returns null when `signal` was aborted before the end
 */
export async function evaluate(
  device: Device,
  { model, params }: { model: Model; params: Readonly<Params> },
  { batches, signal }: { batches: readonly TokenBatch[]; signal?: AbortSignal | undefined },
): Promise<Evaluation | null> {
  const pruning = new PruningTally();
  let nats = 0;
  let tokens = 0;
  for (const batch of batches) {
    if (signal?.aborted) return null;
    const { loss, counts } = await computeLoss(device, { model, params }, batch);
    nats += loss * batch.labels.length;
    tokens += batch.labels.length;
    pruning.add(counts, model.config.numHeads);
  }
  return { loss: nats / tokens, tokens, pruning: pruning.summary() };
}

async function computeLoss(
  device: Device,
  { model, params }: { model: Model; params: Readonly<Params> },
  batch: TokenBatch,
): Promise<{ loss: number; counts: Uint32Array[] }> {
  const { loss, pruningCounts } = device.scope(() => {
    const { loss, aux } = model.loss(params, uploadBatch(device, batch));
    return { loss, pruningCounts: [...aux.pruningCounts] };
  });
  const reading = device.read([loss, ...pruningCounts]);
  for (const tensor of [loss, ...pruningCounts]) tensor.dispose(); // the copies are recorded already
  const [value, ...counts] = await reading;
  return { loss: value?.[0] as number, counts: counts as Uint32Array[] };
}
