// Forgetting attention in f64 with the whole score row in memory. [FoX v2, Sec. 3]
// o_i = sum_{j<=i} exp(s q_i.k_j + D_ij) v_j / sum_{j<=i} exp(s q_i.k_j + D_ij), D_ij = sum_{l=j+1..i} log f_l

import type { Matrix, Row } from './arrays.ts';

export interface ReferenceAttentionOptions {
  readonly numHeads: number;
  /** Query head h reads key head ⌊h / (H / Hkv)⌋. */
  readonly numKvHeads: number;
  /** [T], the first token of each token's document; beyond the token itself for padding, which sees nothing. */
  readonly documentStarts: readonly number[];
  /** Tokens that a token sees, itself included; null for all. */
  readonly windowSize: number | null;
}

/** One sequence. q [T][H * D]; k, v [T][Hkv * D]; logFgate [T][H], or null for no gate -> [T][H * D] */
export function referenceAttention(
  q: Matrix,
  k: Matrix,
  v: Matrix,
  logFgate: Matrix | null,
  options: ReferenceAttentionOptions,
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
  { numHeads, numKvHeads, documentStarts, windowSize }: ReferenceAttentionOptions,
): void {
  const headDim = (q[0]?.length ?? 0) / numHeads;
  const keyHead = Math.floor(head / (numHeads / numKvHeads));
  // Where the head's features stand in a query's row, and in a key's.
  const at = { query: head * headDim, key: keyHead * headDim, headDim };
  for (const [i, documentStart] of documentStarts.entries()) {
    const first = Math.max(documentStart, i + 1 - (windowSize ?? i + 1));
    if (first > i) continue;
    // Keys from the query backwards: the decay grows by one gate a step.
    const scores = new Float64Array(i + 1 - first);
    let decayBias = 0;
    for (let j = i; j >= first; j--) {
      scores[j - first] = dot(q[i] as Row, k[j] as Row, at) / Math.sqrt(headDim) + decayBias;
      decayBias += logFgate?.[j]?.[head] ?? 0;
    }
    const max = scores.reduce((a, b) => Math.max(a, b));
    const weights = scores.map((score) => Math.exp(score - max));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    weights.forEach((weight, index) => {
      addScaled(out[i] as Row, weight / total, v[first + index] as Row, at);
    });
  }
}

interface HeadColumns {
  readonly query: number;
  readonly key: number;
  readonly headDim: number;
}

function dot(q: Row, k: Row, { query, key, headDim }: HeadColumns): number {
  let sum = 0;
  for (let c = 0; c < headDim; c++) sum += (q[query + c] as number) * (k[key + c] as number);
  return sum;
}

function addScaled(out: Row, weight: number, v: Row, { query, key, headDim }: HeadColumns): void {
  for (let c = 0; c < headDim; c++)
    out[query + c] = (out[query + c] as number) + weight * (v[key + c] as number);
}
