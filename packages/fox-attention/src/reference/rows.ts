// The softmax weights of every query row in f64: what forward, backward and the dropped mass are made of.

import { type AttentionDims, keyHeads } from '../dims.ts';
import { findFirstKey, type ReferenceLimits } from './limits.ts';

export interface ReferenceInputs extends ReferenceLimits {
  /** [B, M, H, D] */
  readonly q: ArrayLike<number>;
  /** [B, N, Hkv, D] */
  readonly k: ArrayLike<number>;
  readonly v: ArrayLike<number>;
  /** [B, N, H], natural log, ≤ 0; null for no gate. */
  readonly logFgate: ArrayLike<number> | null;
  readonly smScale?: number;
}

/** The lse of a row with no keys. */
export const EMPTY_LSE = -1e30;

/** One query row: its softmax weights over the kept keys `start … start + weights.length − 1`. */
export interface ReferenceRow {
  /** Into [B, H, M]. */
  readonly index: number;
  readonly b: number;
  readonly h: number;
  /** Key position of the query: P + i. */
  readonly position: number;
  readonly start: number;
  readonly weights: readonly number[];
  readonly lse: number;
  readonly queryOffset: number;
  readonly keyOffset: (j: number) => number;
}

/** Calls `visit` with each row of [B, H, M], in that order. */
export function forEachRow(
  dims: AttentionDims,
  inputs: ReferenceInputs,
  visit: (row: ReferenceRow) => void,
): void {
  const { batch, queryLen, keyLen, numHeads, headDim } = dims;
  const smScale = inputs.smScale ?? 1 / Math.sqrt(headDim);
  const lambda = cumulative(dims, inputs.logFgate);
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < numHeads; h++) {
      const keyHead = Math.floor(h / (numHeads / keyHeads(dims)));
      const keyOffset = (j: number) => ((b * keyLen + j) * keyHeads(dims) + keyHead) * headDim;
      const o_lambda = (b * numHeads + h) * keyLen;
      for (let i = 0; i < queryLen; i++) {
        const position = keyLen - queryLen + i;
        const queryOffset = ((b * queryLen + i) * numHeads + h) * headDim;
        const start = findFirstKey(dims, inputs, { b, h, i });
        const scores: number[] = [];
        for (let j = start; j <= position; j++) {
          const decayBias = lambda[o_lambda + position]! - lambda[o_lambda + j]!;
          scores.push(
            smScale * dot(inputs.q, queryOffset, inputs.k, keyOffset(j), headDim) + decayBias,
          );
        }
        const index = (b * numHeads + h) * queryLen + i;
        visit({ index, b, h, position, start, queryOffset, keyOffset, ...softmax(scores) });
      }
    }
  }
}

function softmax(scores: readonly number[]): { weights: number[]; lse: number } {
  const max = scores.reduce((best, score) => Math.max(best, score), EMPTY_LSE);
  const exps = scores.map((score) => Math.exp(score - max));
  const sum = exps.reduce((total, value) => total + value, 0);
  return { weights: exps.map((value) => value / sum), lse: max + Math.log(sum) };
}

/** λ_t = Σ_{l ≤ t} log f_l as [B, H, N], from gates [B, N, H]. */
function cumulative(dims: AttentionDims, logFgate: ArrayLike<number> | null): Float64Array {
  const { batch, keyLen, numHeads } = dims;
  const lambda = new Float64Array(batch * numHeads * keyLen);
  if (!logFgate) return lambda;
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < numHeads; h++) {
      for (let t = 0, sum = 0; t < keyLen; t++) {
        sum += logFgate[(b * keyLen + t) * numHeads + h]!;
        lambda[(b * numHeads + h) * keyLen + t] = sum;
      }
    }
  }
  return lambda;
}

export function dot(
  a: ArrayLike<number>,
  o_a: number,
  b: ArrayLike<number>,
  o_b: number,
  length: number,
): number {
  let sum = 0;
  for (let d = 0; d < length; d++) sum += a[o_a + d]! * b[o_b + d]!;
  return sum;
}
