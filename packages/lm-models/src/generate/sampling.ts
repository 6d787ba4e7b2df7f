// Choosing the next token from one row of logits: the specification of the kernels that do it on the GPU.

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
  /** Of these only the most likely that together have this share of the probability, at least one; null or 1 for all. */
  readonly topP?: number | null | undefined;
}

/** One draw from softmax(logits / temperature) over the `topK`, then `topP` likeliest tokens. Takes one uniform number from `rng`. */
export function sampleToken(
  logits: ArrayLike<number>,
  { temperature, topK, topP }: SamplingOptions,
  rng: CounterRng,
): number {
  const order = Array.from({ length: logits.length }, (_, token) => token)
    .sort((a, b) => (logits[b] as number) - (logits[a] as number) || a - b)
    .slice(0, topK ?? logits.length);
  const max = logits[order[0] as number] as number;
  const weights = cutToShare(
    order.map((token) => Math.exp(((logits[token] as number) - max) / temperature)),
    topP ?? 1,
  );
  let rest = rng.uniform() * sum(weights);
  for (const [rank, weight] of weights.entries()) {
    rest -= weight;
    if (rest < 0) return order[rank] as number;
  }
  // Rounding may leave a rest of 1e-17: then it is the last one's.
  return order[weights.length - 1] as number;
}

/** The fewest weights from the front whose sum is at least a share of all. */
function cutToShare(weights: readonly number[], share: number): readonly number[] {
  if (share >= 1) return weights;
  const wanted = share * sum(weights);
  let kept = 0;
  const end = weights.findIndex((weight) => {
    kept += weight;
    return kept >= wanted;
  });
  return weights.slice(0, end + 1);
}

const sum = (weights: readonly number[]): number =>
  weights.reduce((total, weight) => total + weight, 0);
