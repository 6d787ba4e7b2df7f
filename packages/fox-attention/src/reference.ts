// Forgetting attention and its gradients in f64, written as the formulas stand: the specification that the kernels are tested against.

import { type AttentionDims, keyHeads } from './dims.ts';
import { firstKeyOf, type ReferenceLimits } from './reference-limits.ts';

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

export interface ReferenceForward {
  /** [B, M, H, D] */
  readonly out: Float64Array;
  /** [B, H, M], natural log; −1e30 where a row has nothing to attend to. */
  readonly lse: Float64Array;
  /** [B, H, M], key positions; the row's own position + 1 where it keeps none. */
  readonly firstKeys: Int32Array;
}

export interface ReferenceGradients {
  /** [B, M, H, D] */
  readonly dq: Float64Array;
  /** [B, N, Hkv, D] */
  readonly dk: Float64Array;
  readonly dv: Float64Array;
  /** [B, N, H] */
  readonly dLogFgate: Float64Array;
}

const EMPTY_LSE = -1e30;

/** o_i = Σ_j softmax_j(s q_i·k_j + λ_i − λ_j) v_j over the kept j of each row. [FoX v2, forgetting attention] */
export function referenceForgettingAttention(
  dims: AttentionDims,
  inputs: ReferenceInputs,
): ReferenceForward {
  const { numHeads, queryLen, headDim } = dims;
  const out = new Float64Array(dims.batch * queryLen * numHeads * headDim);
  const lse = new Float64Array(dims.batch * numHeads * queryLen).fill(EMPTY_LSE);
  const firstKeys = new Int32Array(lse.length);
  forEachRow(dims, inputs, (row) => {
    const at = (row.b * numHeads + row.h) * queryLen + row.i;
    firstKeys[at] = row.start;
    if (row.weights.length === 0) return;
    lse[at] = row.lse;
    row.weights.forEach((weight, offset) => {
      const o_v = row.keyOffset(row.start + offset);
      for (let d = 0; d < headDim; d++) out[row.queryOffset + d]! += weight * inputs.v[o_v + d]!;
    });
  });
  return { out, lse, firstKeys };
}

/** Gradients of Σ out · dOut. [FoX v2, backward pass] The gate's gradient sums both ends of each pair, with no shortcut. */
export function referenceForgettingAttentionBackward(
  dims: AttentionDims,
  inputs: ReferenceInputs,
  dOut: ArrayLike<number>,
): ReferenceGradients {
  const { headDim } = dims;
  const smScale = inputs.smScale ?? 1 / Math.sqrt(headDim);
  const dq = new Float64Array(dims.batch * dims.queryLen * dims.numHeads * headDim);
  const dk = new Float64Array(dims.batch * dims.keyLen * keyHeads(dims) * headDim);
  const dv = new Float64Array(dk.length);
  const dLogLambda = new Float64Array(dims.batch * dims.numHeads * dims.keyLen);
  forEachRow(dims, inputs, (row) => {
    const dWeights = row.weights.map((_, offset) =>
      dot(dOut, row.queryOffset, inputs.v, row.keyOffset(row.start + offset), headDim),
    );
    const delta = row.weights.reduce((sum, weight, offset) => sum + weight * dWeights[offset]!, 0);
    const o_lambda = (row.b * dims.numHeads + row.h) * dims.keyLen;
    row.weights.forEach((weight, offset) => {
      const j = row.start + offset;
      const o_k = row.keyOffset(j);
      const dScore = weight * (dWeights[offset]! - delta);
      for (let d = 0; d < headDim; d++) {
        dv[o_k + d]! += weight * dOut[row.queryOffset + d]!;
        dk[o_k + d]! += smScale * dScore * inputs.q[row.queryOffset + d]!;
        dq[row.queryOffset + d]! += smScale * dScore * inputs.k[o_k + d]!;
      }
      dLogLambda[o_lambda + row.position]! += dScore;
      dLogLambda[o_lambda + j]! -= dScore;
    });
  });
  const dLogFgate = inputs.logFgate
    ? reverseSum(dims, dLogLambda)
    : new Float64Array(dims.batch * dims.keyLen * dims.numHeads);
  return { dq, dk, dv, dLogFgate };
}

/**
 * The share of each row's weight that it would give to keys before `firstKeys` [B, H, M] if it dropped none: [B, H, M], 0…1.
 * `inputs` says which keys a row may see; certified pruning promises at most ε.
 */
export function referenceDroppedMass(
  dims: AttentionDims,
  inputs: ReferenceInputs,
  firstKeys: ArrayLike<number>,
): Float64Array {
  const mass = new Float64Array(dims.batch * dims.numHeads * dims.queryLen);
  forEachRow(dims, inputs, ({ b, h, i, start, weights }) => {
    const at = (b * dims.numHeads + h) * dims.queryLen + i;
    const dropped = weights.slice(0, Math.max(0, firstKeys[at]! - start));
    mass[at] = dropped.reduce((sum, weight) => sum + weight, 0);
  });
  return mass;
}

/** One query row: its softmax weights over the kept keys `start … start + weights.length − 1`. */
interface Row {
  readonly b: number;
  readonly h: number;
  readonly i: number;
  /** Key position of the query: P + i. */
  readonly position: number;
  readonly start: number;
  readonly weights: readonly number[];
  readonly lse: number;
  readonly queryOffset: number;
  readonly keyOffset: (j: number) => number;
}

function forEachRow(dims: AttentionDims, inputs: ReferenceInputs, visit: (row: Row) => void): void {
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
        const start = firstKeyOf(dims, inputs, { b, h, i });
        const scores: number[] = [];
        for (let j = start; j <= position; j++) {
          const decayBias = lambda[o_lambda + position]! - lambda[o_lambda + j]!;
          scores.push(
            smScale * dot(inputs.q, queryOffset, inputs.k, keyOffset(j), headDim) + decayBias,
          );
        }
        visit({ b, h, i, position, start, queryOffset, keyOffset, ...softmax(scores) });
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

/** d log f_t = Σ_{u ≥ t} dλ_u, [B, H, N] to [B, N, H]. */
function reverseSum(dims: AttentionDims, dLogLambda: Float64Array): Float64Array {
  const { batch, keyLen, numHeads } = dims;
  const dLogFgate = new Float64Array(dLogLambda.length);
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < numHeads; h++) {
      for (let t = keyLen - 1, sum = 0; t >= 0; t--) {
        sum += dLogLambda[(b * numHeads + h) * keyLen + t]!;
        dLogFgate[(b * keyLen + t) * numHeads + h] = sum;
      }
    }
  }
  return dLogFgate;
}

function dot(
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
