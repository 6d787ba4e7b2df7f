// The loss of each token of a batch; recorded once for each shape of batch, and replayed.

import { BatchSteps } from '../batch-steps.ts';
import type { TokenBatch } from '../data/batches.ts';
import type { Model, Params } from '../model.ts';

/** Labels of tokens that are given, not predicted. */
export const GIVEN = -100;

export interface TokenLosses extends Disposable {
  /** Nats, [B, T]; 0 where the label is `GIVEN`. */
  run(batch: TokenBatch): Promise<Float32Array>;
}

/** @param params - as `model.loss` reads them */
export function createTokenLosses(model: Model, params: Readonly<Params>): TokenLosses {
  const steps = new BatchSteps(model.device, (batch) => model.loss(params, batch).aux.lossPerToken);
  return {
    async run(batch) {
      const losses = steps.run(batch);
      const [values] = await model.device.read([losses]);
      losses.dispose();
      return values as Float32Array;
    },
    [Symbol.dispose]: () => steps.dispose(),
  };
}
