// Choosing the next token from one row of logits.

import type { CounterRng } from '@vulpes/tensor-core';

/** Index of the largest logit; the lowest index among equals. */
export function argmax(logits: ArrayLike<number>): number {
  let best = 0;
  for (let token = 1; token < logits.length; token++) {
    if ((logits[token] as number) > (logits[best] as number)) best = token;
  }
  return best;
}

export interface SamplingOptions {
  /** Logits are divided by it; > 0. */
  readonly temperature: number;
  /** Only the k most likely tokens are drawn from; null for all. */
  readonly topK: number | null;
}

/** One draw from softmax(logits / temperature) over the `topK` likeliest tokens. Takes one uniform number from `rng`. */
export function sampleToken(
  logits: ArrayLike<number>,
  { temperature, topK }: SamplingOptions,
  rng: CounterRng,
): number {
  const order = Array.from({ length: logits.length }, (_, token) => token)
    .sort((a, b) => (logits[b] as number) - (logits[a] as number) || a - b)
    .slice(0, topK ?? logits.length);
  const max = logits[order[0] as number] as number;
  const weights = order.map((token) => Math.exp(((logits[token] as number) - max) / temperature));
  let rest = rng.uniform() * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [rank, token] of order.entries()) {
    rest -= weights[rank] as number;
    if (rest < 0) return token;
  }
  // Rounding may leave a rest of 1e-17: then it is the last one's.
  return order.at(-1) as number;
}
