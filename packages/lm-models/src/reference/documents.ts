// One sequence of tokens, and where the documents in it begin.

export interface ReferenceSequence {
  readonly inputIds: ArrayLike<number>;
  /** First token that is not padding; default 0. */
  readonly seqStart?: number;
  /** [documents + 1]: where each packed document begins, and where the last one ends. Default: one document. */
  readonly cuSeqlens?: ArrayLike<number>;
}

/** [T], the first token of each token's document; t + 1, beyond the token, for padding. */
export function documentStarts({ inputIds, seqStart = 0, cuSeqlens }: ReferenceSequence): number[] {
  const offsets = Array.from(cuSeqlens ?? [0, inputIds.length]);
  return Array.from({ length: inputIds.length }, (_, t) => {
    const begin = offsets.findLast((offset) => offset <= t);
    const isPadding = begin === undefined || t >= (offsets.at(-1) as number) || t < seqStart;
    return isPadding ? t + 1 : Math.max(begin, seqStart);
  });
}
