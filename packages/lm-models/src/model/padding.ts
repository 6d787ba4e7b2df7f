// Left padding: from the attention masks of a Hugging Face tokenizer to the first real token of each row.

import { ArgumentError } from '@vulpes/tensor-core';

/**
 * @param attentionMask - [B, T] row-major, 0 for padding, 1 for tokens.
 * @returns [B], index of the first token; T where a row is all padding.
 * @throws ArgumentError where padding follows a token: attention takes padding on the left only.
 */
export function seqStartFromMask(
  attentionMask: ArrayLike<number>,
  { batch, seqLen }: { batch: number; seqLen: number },
): Int32Array {
  if (attentionMask.length !== batch * seqLen) {
    throw new ArgumentError(
      `seqStartFromMask: expected ${batch * seqLen} mask values for [${batch}, ${seqLen}], got ${attentionMask.length}.`,
    );
  }
  return Int32Array.from({ length: batch }, (_, b) => {
    const row = Array.from({ length: seqLen }, (_, t) => attentionMask[b * seqLen + t] as number);
    const first = row.findIndex((value) => value !== 0);
    const start = first === -1 ? seqLen : first;
    if (row.slice(start).every((value) => value === 1)) return start;
    throw new ArgumentError(
      `seqStartFromMask: expected row ${b} to be zeros and then ones, got padding or another value after token ${start}. Pad on the left.`,
    );
  });
}
