// Forgetting attention in f64 with the whole score row in memory. [FoX v2, Sec. 3]
// o_i = sum_{j<=i} exp(s q_i.k_j + D_ij) v_j / sum_{j<=i} exp(s q_i.k_j + D_ij), D_ij = sum_{l=j+1..i} log f_l

import type { Matrix, Row } from './arrays.ts';

export interface NaiveAttentionOptions {
  readonly numHeads: number;
  /** First token that is not padding. */
  readonly seqStart: number;
}

/** One sequence. q, k, v [T][H * D]; logFgate [T][H], or null for no gate -> [T][H * D] */
export function naiveAttention(
  q: Matrix,
  k: Matrix,
  v: Matrix,
  logFgate: Matrix | null,
  options: NaiveAttentionOptions,
): Matrix {
  const out = q.map((values) => new Float64Array(values.length));
  for (let head = 0; head < options.numHeads; head++)
    attendHead(out, { q, k, v, logFgate, head }, options);
  return out;
}

interface HeadInputs {
  readonly q: Matrix;
  readonly k: Matrix;
  readonly v: Matrix;
  readonly logFgate: Matrix | null;
  readonly head: number;
}

/** Writes one head's columns of `out`. */
function attendHead(
  out: Matrix,
  { q, k, v, logFgate, head }: HeadInputs,
  { numHeads, seqStart }: NaiveAttentionOptions,
): void {
  const headDim = (q[0]?.length ?? 0) / numHeads;
  const columns = [head * headDim, (head + 1) * headDim] as const;
  for (let i = seqStart; i < q.length; i++) {
    // Keys from the query backwards: the decay grows by one gate a step.
    const scores = new Float64Array(i + 1 - seqStart);
    let decayBias = 0;
    for (let j = i; j >= seqStart; j--) {
      scores[j - seqStart] =
        dot(q[i] as Row, k[j] as Row, columns) / Math.sqrt(headDim) + decayBias;
      decayBias += logFgate?.[j]?.[head] ?? 0;
    }
    const max = scores.reduce((a, b) => Math.max(a, b));
    const weights = scores.map((score) => Math.exp(score - max));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    weights.forEach((weight, index) => {
      addScaled(out[i] as Row, weight / total, v[seqStart + index] as Row, columns);
    });
  }
}

function dot(a: Row, b: Row, [from, to]: readonly [number, number]): number {
  let sum = 0;
  for (let c = from; c < to; c++) sum += (a[c] as number) * (b[c] as number);
  return sum;
}

function addScaled(
  target: Row,
  factor: number,
  source: Row,
  [from, to]: readonly [number, number],
): void {
  for (let c = from; c < to; c++)
    target[c] = (target[c] as number) + factor * (source[c] as number);
}
