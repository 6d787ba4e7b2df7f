// Forgetting attention in f64 with the whole score row in memory. [FoX v2, Sec. 3]
// o_i = sum_{j<=i} exp(s q_i.k_j + D_ij) v_j / sum_{j<=i} exp(s q_i.k_j + D_ij), D_ij = sum_{l=j+1..i} log f_l

import type { Matrix } from './arrays.ts';

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
  inputs: HeadInputs,
  { numHeads, seqStart }: NaiveAttentionOptions,
): void {
  const { q, k, v, logFgate, head } = inputs;
  const headDim = (q[0]?.length ?? 0) / numHeads;
  const columns = Array.from({ length: headDim }, (_, d) => head * headDim + d);
  const smScale = 1 / Math.sqrt(headDim);
  for (let i = seqStart; i < q.length; i++) {
    const scores = new Map<number, number>();
    let decayBias = 0;
    for (let j = i; j >= seqStart; j--) {
      const dot = columns.reduce(
        (sum, c) => sum + (q[i]?.[c] as number) * (k[j]?.[c] as number),
        0,
      );
      scores.set(j, dot * smScale + decayBias);
      decayBias += logFgate?.[j]?.[head] ?? 0;
    }
    const max = Math.max(...scores.values());
    const total = [...scores.values()].reduce((sum, score) => sum + Math.exp(score - max), 0);
    for (const [j, score] of scores) {
      const weight = Math.exp(score - max) / total;
      for (const c of columns)
        (out[i] as Float64Array)[c] = (out[i]?.[c] as number) + weight * (v[j]?.[c] as number);
    }
  }
}
