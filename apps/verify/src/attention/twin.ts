// The f64 twin that drops given blocks: what pruned attention has to give.

import { naiveForgettingAttention, naiveForgettingAttentionBackward } from '@vulpes/fox-attention';
import type { AttentionCase, AttentionResults } from './attention-case.ts';

export interface DroppedBlocks {
  /** [B, H, query blocks], key positions. */
  readonly startIndex: ArrayLike<number>;
  readonly blockM: number;
}

/** Results in f64, rounded to f32 as the exact ones of the files are. */
export function twinDropping(
  theCase: AttentionCase,
  { startIndex, blockM }: DroppedBlocks,
): AttentionResults {
  const { dims, q, k, v, logFgate, smScale } = theCase;
  const ranges = { blockM, startIndex };
  const seqStart = theCase.seqStart ?? undefined;
  const inputs = { q, k, v, logFgate, smScale, seqStart, ranges };
  const { out } = naiveForgettingAttention(dims, inputs);
  const gradients = naiveForgettingAttentionBackward(dims, inputs, theCase.dOut);
  return {
    out: Float32Array.from(out),
    dq: Float32Array.from(gradients.dq),
    dk: Float32Array.from(gradients.dk),
    dv: Float32Array.from(gradients.dv),
    dLogFgate: Float32Array.from(gradients.dLogFgate),
  };
}
