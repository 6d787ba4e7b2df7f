// Forgetting attention in f64, as the formula stands: the specification that the forward kernels are tested against.

import type { AttentionDims } from '../dims.ts';
import { EMPTY_LSE, forEachRow, type ReferenceInputs } from './rows.ts';

export interface ReferenceForward {
  /** [B, M, H, D] */
  readonly out: Float64Array;
  /** [B, H, M], natural log; −1e30 where a row has nothing to attend to. */
  readonly lse: Float64Array;
  /** [B, H, M], key positions; the row's own position + 1 where it keeps none. */
  readonly firstKeys: Int32Array;
}

/** o_i = Σ_j softmax_j(s q_i·k_j + λ_i − λ_j) v_j over the kept j of each row. [FoX v2, forgetting attention] */
export function referenceForgettingAttention(
  dims: AttentionDims,
  inputs: ReferenceInputs,
): ReferenceForward {
  const { batch, numHeads, queryLen, headDim } = dims;
  const out = new Float64Array(batch * queryLen * numHeads * headDim);
  const lse = new Float64Array(batch * numHeads * queryLen).fill(EMPTY_LSE);
  const firstKeys = new Int32Array(lse.length);
  forEachRow(dims, inputs, (row) => {
    firstKeys[row.index] = row.start;
    if (row.weights.length === 0) return;
    lse[row.index] = row.lse;
    row.weights.forEach((weight, offset) => {
      const o_v = row.keyOffset(row.start + offset);
      for (let d = 0; d < headDim; d++) out[row.queryOffset + d]! += weight * inputs.v[o_v + d]!;
    });
  });
  return { out, lse, firstKeys };
}
