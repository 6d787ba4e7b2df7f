// The gradients of forgetting attention in f64, with no shortcut: the specification that the backward kernels are tested against.

import { type AttentionDims, keyHeads } from '../dims.ts';
import { dot, forEachRow, type ReferenceInputs, type ReferenceRow } from './rows.ts';

export interface ReferenceGradients {
  /** [B, M, H, D] */
  readonly dq: Float64Array;
  /** [B, N, Hkv, D] */
  readonly dk: Float64Array;
  readonly dv: Float64Array;
  /** [B, N, H] */
  readonly dLogFgate: Float64Array;
}

/** Gradients of Σ out · dOut. [FoX v2, backward pass] The gate's gradient sums both ends of each pair. */
export function referenceForgettingAttentionBackward(
  dims: AttentionDims,
  inputs: ReferenceInputs,
  dOut: ArrayLike<number>,
): ReferenceGradients {
  const { batch, queryLen, keyLen, numHeads, headDim } = dims;
  const smScale = inputs.smScale ?? 1 / Math.sqrt(headDim);
  const dq = new Float64Array(batch * queryLen * numHeads * headDim);
  const dk = new Float64Array(batch * keyLen * keyHeads(dims) * headDim);
  const dv = new Float64Array(dk.length);
  const dLogLambda = new Float64Array(batch * numHeads * keyLen); // [B, H, N]
  forEachRow(dims, inputs, (row) => {
    const o_q = row.queryOffset;
    const o_lambda = (row.b * numHeads + row.h) * keyLen;
    const dScores = scoreGradients(row, inputs, { dOut, headDim });
    row.weights.forEach((weight, offset) => {
      const j = row.start + offset;
      const o_k = row.keyOffset(j);
      const dScore = dScores[offset]!;
      for (let d = 0; d < headDim; d++) {
        dv[o_k + d]! += weight * dOut[o_q + d]!;
        dk[o_k + d]! += smScale * dScore * inputs.q[o_q + d]!;
        dq[o_q + d]! += smScale * dScore * inputs.k[o_k + d]!;
      }
      dLogLambda[o_lambda + row.position]! += dScore;
      dLogLambda[o_lambda + j]! -= dScore;
    });
  });
  const dLogFgate = inputs.logFgate
    ? reverseSum(dims, dLogLambda)
    : new Float64Array(batch * keyLen * numHeads);
  return { dq, dk, dv, dLogFgate };
}

/** dS_ij = P_ij (do_i·v_j − Σ_l P_il do_i·v_l) of one row's kept keys. */
function scoreGradients(
  row: ReferenceRow,
  { v }: ReferenceInputs,
  { dOut, headDim }: { dOut: ArrayLike<number>; headDim: number },
): number[] {
  const dWeights = row.weights.map((_, offset) =>
    dot(dOut, row.queryOffset, v, row.keyOffset(row.start + offset), headDim),
  );
  const delta = row.weights.reduce((sum, weight, offset) => sum + weight * dWeights[offset]!, 0);
  return row.weights.map((weight, offset) => weight * (dWeights[offset]! - delta));
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
