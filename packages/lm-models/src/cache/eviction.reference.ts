// Which pages a head may evict, in f64 from its whole past: the specification of update-retention.wgsl and first-page.wgsl.

import { PAGE_SIZE } from '@vulpes/fox-attention';

export interface HeadPast {
  /** Of each token so far, nats. */
  readonly logFgate: ArrayLike<number>;
  /** Tokens before it are padding. */
  readonly seqStart: number;
  /** U */
  readonly logitBound: number;
  /** log ε */
  readonly logTolerance: number;
}

/**
 * The most pages n at the left for which 2U + log Σ_{t < 32 n} exp(D(now, t)) ≤ log ε, now the newest token. A later query i has
 * D(i, t) ≤ D(now, t), a weight of at least e^−U on itself and at most e^U · exp(D(i, t)) on t: those pages together are at most ε of it.
 */
export function referenceFirstPage({
  logFgate,
  seqStart,
  logitBound,
  logTolerance,
}: HeadPast): number {
  const length = logFgate.length;
  // D(now, t): the gates after t
  const decay = new Float64Array(length);
  for (let t = length - 2; t >= 0; t--) decay[t] = decay[t + 1]! + logFgate[t + 1]!;
  let pages = 0;
  for (let sum = 0, t = 0; t < length; t++) {
    if (t >= seqStart) sum += Math.exp(decay[t]!);
    const isEdge = (t + 1) % PAGE_SIZE === 0;
    if (isEdge && 2 * logitBound + Math.log(sum) <= logTolerance) pages = (t + 1) / PAGE_SIZE;
  }
  return pages;
}
