// Which keys a row may see, counted by hand: what padding, documents and windows mean for rows and gates.

import type { AttentionCase } from './attention-case.ts';

type Limited = Pick<AttentionCase, 'dims' | 'limits'>;

/** The first key that the token at position t of batch row b may see; t + 1 where it may see none, not even itself. */
export function firstVisibleKey({ limits }: Limited, b: number, t: number): number {
  const { seqStart, cuSeqlens, windowSize } = limits;
  const first = Math.max(
    seqStart?.[b] ?? 0,
    cuSeqlens ? documentStart(cuSeqlens, t) : 0,
    windowSize === null ? 0 : t - windowSize + 1,
  );
  return Math.min(first, t + 1);
}

/** First token of the document that holds t; behind t where none does. */
function documentStart(offsets: Int32Array, t: number): number {
  for (let d = 1; d < offsets.length; d++) {
    if ((offsets[d - 1] as number) <= t && t < (offsets[d] as number))
      return offsets[d - 1] as number;
  }
  return t + 1;
}

/** Rows of [B, M] that may see nothing. */
export function emptyRows(theCase: Limited): number[] {
  const { batch, queryLen, keyLen } = theCase.dims;
  return positions(batch, queryLen).filter((row) => {
    const position = keyLen - queryLen + (row % queryLen);
    return firstVisibleKey(theCase, Math.floor(row / queryLen), position) > position;
  });
}

/** Rows of [B, N] whose gate acts on no pair, since their token sees nothing before itself: documents begin there, or padding. */
export function inactiveGates(theCase: Limited): number[] {
  const { batch, keyLen } = theCase.dims;
  return positions(batch, keyLen).filter(
    (row) => firstVisibleKey(theCase, Math.floor(row / keyLen), row % keyLen) >= row % keyLen,
  );
}

const positions = (batch: number, length: number): number[] =>
  Array.from({ length: batch * length }, (_, row) => row);
