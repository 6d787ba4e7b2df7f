// Inputs of the pruning suite: heads that forget at known speeds, queries and keys as QK-norm leaves them.

import { CounterRng } from '@vulpes/tensor-core';
import type { Sizes } from '../attention/inputs.ts';
import { normals } from '../random.ts';

/** Of the first and the last head, in tokens. */
export interface DecayTimes {
  readonly tauMin: number;
  readonly tauMax: number;
}

export interface HostPruningInputs {
  readonly q: Float32Array<ArrayBuffer>;
  readonly k: Float32Array<ArrayBuffer>;
  /** [B, T, H] */
  readonly logFgate: Float32Array<ArrayBuffer>;
  /** [B, H, T], f64 sums of the f32 gates. */
  readonly logLambda: Float64Array;
}

export function hostPruningInputs(
  { batch, seqLen, numHeads, headDim }: Sizes,
  { tauMin, tauMax }: DecayTimes,
): HostPruningInputs {
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
  const size = batch * seqLen * numHeads * headDim;
  return { q: normedRows(1, size, headDim), k: normedRows(2, size, headDim), logFgate, logLambda };
}

/** Rows of length √D. */
function normedRows(seed: number, size: number, headDim: number): Float32Array<ArrayBuffer> {
  const rows = new Float32Array(normals(seed, size));
  for (let row = 0; row < size; row += headDim) {
    let sum = 0;
    for (let d = 0; d < headDim; d++) sum += rows[row + d]! ** 2;
    const factor = Math.sqrt(headDim / sum);
    for (let d = 0; d < headDim; d++) rows[row + d]! *= factor;
  }
  return rows;
}
