// The eviction rule itself, on the worst texts that its bound allows: what is evicted never weighs more than ε again.

import { PAGE_SIZE } from '@vulpes/fox-attention';
import { CounterRng } from '@vulpes/tensor-core';
import { expect, test } from 'vitest';
import { referenceFirstPage } from './eviction.reference.ts';

const LENGTH = 192;

/** Mixtures of heads that keep, heads that forget, and sudden resets. */
function randomGates(rng: CounterRng): Float64Array {
  const rate = 10 ** (-4 + 5 * rng.uniform());
  const reset = 0.1 * rng.uniform() ** 3;
  return Float64Array.from({ length: LENGTH }, () => {
    if (rng.uniform() < reset) return -60 * rng.uniform();
    return -rate * rng.uniform();
  });
}

test('ten thousand heads: the evicted mass is at most ε for every later query, whatever q and k are', () => {
  const rng = new CounterRng(42);
  let [worst, evictions] = [0, 0];
  for (let head = 0; head < 10_000; head++) {
    const logFgate = randomGates(rng);
    const logitBound = 6 * rng.uniform();
    const logTolerance = -1 - 11 * rng.uniform();
    const seqStart = rng.below(2) * rng.below(70);
    const now = seqStart + 1 + rng.below(LENGTH - seqStart - 1);
    const past = { logFgate: logFgate.subarray(0, now + 1), seqStart, logitBound, logTolerance };
    const end = referenceFirstPage(past) * PAGE_SIZE;
    if (end <= seqStart) continue;
    evictions++;
    for (const query of [now + 1, now + 2 + rng.below(8), LENGTH - 1]) {
      if (query >= LENGTH) continue;
      const share = worstMass(logFgate, { query, end, seqStart, logitBound });
      worst = Math.max(worst, share / Math.exp(logTolerance));
    }
  }
  expect(evictions).toBeGreaterThan(2000);
  expect(worst).toBeLessThanOrEqual(1 + 1e-9);
  // The bound is not idle: some case comes near it.
  expect(worst).toBeGreaterThan(0.1);
});

/** The largest share of a row that tokens before `end` can have: they have logit U, all the others −U. */
function worstMass(
  logFgate: Float64Array,
  { query, end, seqStart, logitBound }: Record<'query' | 'end' | 'seqStart' | 'logitBound', number>,
): number {
  let [gone, kept] = [0, 0];
  for (let t = query, decay = 0; t >= seqStart; t--) {
    if (t < end) gone += Math.exp(logitBound + decay);
    else kept += Math.exp(-logitBound + decay);
    decay += logFgate[t]!;
  }
  return gone / (gone + kept);
}
