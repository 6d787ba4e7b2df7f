// The f64 twin that drops the same blocks as the official kernel: what pruned attention has to give.

import { naiveForgettingAttention, naiveForgettingAttentionBackward } from '@vulpes/fox-attention';
import type { AttentionCase, AttentionResults, OfficialPruning } from './attention-case.ts';

/** Results in f64, rounded to f32 as the exact ones of the files are. */
export function twinDropping(
  theCase: AttentionCase,
  { startIndex, blockM }: OfficialPruning,
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
