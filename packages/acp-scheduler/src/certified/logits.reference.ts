// Attention's logits pair by pair in f64, for the references that read them.

import type { SearchDims } from '../find-index/find-index.reference.ts';
import type { BlockBoundDims, BlockBoundInputs } from './block-bounds.reference.ts';

export type CertifiedDims = SearchDims & Omit<BlockBoundDims, 'blockN'>;

export interface LogitInputs extends BlockBoundInputs {
  /** [B, M, H, D] */
  readonly q: ArrayLike<number>;
  readonly smScale: number;
}

export interface CertifiedInputs extends LogitInputs {
  /** log ε < 0. */
  readonly logPruningTolerance: number;
}

/** s q_i · k_t + D(i, t) of a query head, by positions. */
export function makeLogit(inputs: LogitInputs, dims: CertifiedDims, head: number) {
  const { queryLen, keyLen, numHeads, numKvHeads, headDim } = dims;
  const { q, k, smScale } = inputs;
  const b = Math.floor(head / numHeads);
  const h = head % numHeads;
  const keyHead = Math.floor(h / (numHeads / numKvHeads));
  return (position: number, t: number): number => {
    const atQ = ((b * queryLen + position - (keyLen - queryLen)) * numHeads + h) * headDim;
    const atK = ((b * keyLen + t) * numKvHeads + keyHead) * headDim;
    let dot = 0;
    for (let d = 0; d < headDim; d++) dot += q[atQ + d]! * k[atK + d]!;
    return smScale * dot + computeDecay(inputs, dims, head, position, t);
  };
}

/** D = λ_position − λ_t */
export const computeDecay = (
  { logLambda }: LogitInputs,
  { keyLen }: CertifiedDims,
  head: number,
  position: number,
  t: number,
): number => logLambda[head * keyLen + position]! - logLambda[head * keyLen + t]!;

export const logAdd = (a: number, b: number): number =>
  Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)));
