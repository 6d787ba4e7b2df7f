// The f64 reference that drops given pairs: what pruned attention has to give, and how much weight it lost.

import {
  referenceDroppedMass,
  referenceForgettingAttention,
  referenceForgettingAttentionBackward,
} from '@vulpes/fox-attention/reference';
import { largest } from '../compare/metrics.ts';
import type { AttentionCase, AttentionResults } from './attention-case.ts';

/** Keys that whole query blocks drop, or that single rows drop. */
export type Dropped =
  | {
      /** [B, H, query blocks], key positions. */
      readonly startIndex: ArrayLike<number>;
      readonly blockM: number;
    }
  /** [B, H, M]: first key that each row keeps. */
  | { readonly firstKeys: ArrayLike<number> };

/** Results in f64, rounded to f32 as the exact ones of the files are. */
export function twinDropping(theCase: AttentionCase, dropped: Dropped): AttentionResults {
  const { dims } = theCase;
  const limits = 'firstKeys' in dropped ? dropped : { ranges: dropped };
  const inputs = { ...twinInputs(theCase), ...limits };
  const { out } = referenceForgettingAttention(dims, inputs);
  const gradients = referenceForgettingAttentionBackward(dims, inputs, theCase.dOut);
  return {
    out: Float32Array.from(out),
    dq: Float32Array.from(gradients.dq),
    dk: Float32Array.from(gradients.dk),
    dv: Float32Array.from(gradients.dv),
    dLogFgate: Float32Array.from(gradients.dLogFgate),
  };
}

/** The largest share of its attention weight, 0…1, that any row gives up by keeping keys from `firstKeys` [B, H, M] on. */
export function droppedMass(theCase: AttentionCase, firstKeys: ArrayLike<number>): number {
  const mass = referenceDroppedMass(theCase.dims, twinInputs(theCase), firstKeys);
  return largest(mass.length, (row) => mass[row] as number);
}

function twinInputs({ q, k, v, logFgate, smScale, limits }: AttentionCase) {
  const { seqStart, cuSeqlens, windowSize } = limits;
  return {
    ...{ q, k, v, logFgate, smScale },
    seqStart: seqStart ?? undefined,
    cuSeqlens: cuSeqlens ?? undefined,
    windowSize: windowSize ?? undefined,
  };
}
