// Inputs of the pruning suite: heads that forget at known speeds, queries and keys as QK-norm leaves them; and what the search finds in them.

import { referenceBlockRanges } from '@vulpes/acp-scheduler/reference';
import { CounterRng } from '@vulpes/tensor-core';
import type { Expectations } from '../../case.ts';
import type { Sizes } from '../attention/inputs.ts';
import { normals } from '../random.ts';

/** Decay times of the first and the last head, in tokens; the others lie between, evenly in the logarithm. */
export interface DecayTimes {
  readonly tauMin: number;
  readonly tauMax: number;
}

/** logFgate [B, T, H], and logLambda [B, H, T], f64 sums of the f32 gates. */
export function decayingGates(
  { batch, seqLen, numHeads }: Pick<Sizes, 'batch' | 'seqLen' | 'numHeads'>,
  { tauMin, tauMax }: DecayTimes,
) {
  const logFgate = new Float32Array(batch * seqLen * numHeads);
  const logLambda = new Float64Array(batch * numHeads * seqLen);
  for (let head = 0; head < batch * numHeads; head++) {
    const rng = new CounterRng(7, head);
    const h = head % numHeads;
    const tau = tauMin * (tauMax / tauMin) ** (h / Math.max(1, numHeads - 1));
    let sum = 0;
    for (let t = 0; t < seqLen; t++) {
      const at = ((head - h) / numHeads) * seqLen * numHeads + t * numHeads + h;
      logFgate[at] = -(0.5 + rng.uniform()) / tau;
      logLambda[head * seqLen + t] = sum += logFgate[at]!;
    }
  }
  return { logFgate, logLambda };
}

export type HostPruningInputs = ReturnType<typeof hostPruningInputs>;

export function hostPruningInputs(sizes: Sizes, taus: DecayTimes) {
  return { q: normedRows(1, sizes), k: normedRows(2, sizes), ...decayingGates(sizes, taus) };
}

/** [B, T, H, D], each row of length √D. */
function normedRows(
  seed: number,
  { batch, seqLen, numHeads, headDim }: Sizes,
): Float32Array<ArrayBuffer> {
  const rows = normals(seed, batch * seqLen * numHeads * headDim);
  for (let row = 0; row < rows.length; row += headDim) {
    let sum = 0;
    for (let d = 0; d < headDim; d++) sum += rows[row + d]! ** 2;
    const factor = Math.sqrt(headDim / sum);
    for (let d = 0; d < headDim; d++) rows[row + d]! *= factor;
  }
  return rows;
}

/** What the search must find below one threshold for all heads, exactly. */
export function expectRanges(
  logLambda: Float64Array,
  delta: number,
  sizes: Omit<Sizes, 'headDim'>,
): Expectations {
  const { batch, numHeads, seqLen } = sizes;
  const threshold = new Float64Array(batch * numHeads).fill(delta);
  const dims = { ...sizes, queryLen: seqLen, keyLen: seqLen };
  const { startIndex, endIndex } = referenceBlockRanges(logLambda, threshold, dims);
  return {
    startIndex: { values: startIndex, bound: 0 },
    endIndex: { values: endIndex, bound: 0 },
  };
}
