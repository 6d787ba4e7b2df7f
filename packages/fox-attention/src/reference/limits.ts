// Where a row's keys begin, in plain words: padding, documents, windows and pruning, each by itself.

import type { AttentionDims } from '../dims.ts';

/** Kept blocks on the host: pair (i, j) needs j ≥ startIndex[b, h, i / blockM], in key positions. */
export interface ReferenceRanges {
  readonly blockM: number;
  readonly startIndex: ArrayLike<number>;
}

export interface ReferenceLimits {
  /** [B]: keys before it are padding. */
  readonly seqStart?: ArrayLike<number> | undefined;
  /** [documents + 1] (one sequence) or [B, documents + 1]: a row sees its own document; tokens of none see nothing. */
  readonly cuSeqlens?: ArrayLike<number> | undefined;
  /** Tokens that a row sees, its own included. */
  readonly windowSize?: number | undefined;
  /** [B, N, 2]: a row sees keys from the first column of its own position on. */
  readonly visibility?: ArrayLike<number> | undefined;
  readonly ranges?: ReferenceRanges | undefined;
  /** [B, H, M]: first key that each row keeps, whatever made it so. */
  readonly firstKeys?: ArrayLike<number> | undefined;
}

/** The first key that row i of head h keeps; its own position + 1 where it keeps none. */
export function findFirstKey(
  dims: AttentionDims,
  limits: ReferenceLimits,
  { b, h, i }: { b: number; h: number; i: number },
): number {
  const { queryLen, keyLen, numHeads } = dims;
  const position = keyLen - queryLen + i;
  const head = b * numHeads + h;
  const { seqStart, cuSeqlens, windowSize, visibility, ranges, firstKeys } = limits;
  const firsts = [
    seqStart?.[b] ?? 0,
    cuSeqlens ? documentStart(readOffsets(cuSeqlens, dims.batch, b), position) : 0,
    windowSize === undefined ? 0 : position - windowSize + 1,
    visibility?.[(b * keyLen + position) * 2] ?? 0,
    ranges?.startIndex[
      head * Math.ceil(queryLen / ranges.blockM) + Math.floor(i / ranges.blockM)
    ] ?? 0,
    firstKeys?.[head * queryLen + i] ?? 0,
  ];
  return Math.min(Math.max(...firsts), position + 1);
}

/** First token of the document that holds `position`; past the position where none does. */
function documentStart(offsets: readonly number[], position: number): number {
  for (let document = 0; document + 1 < offsets.length; document++) {
    const [start, end] = [offsets[document]!, offsets[document + 1]!];
    if (start <= position && position < end) return start;
  }
  return position + 1;
}

function readOffsets(cuSeqlens: ArrayLike<number>, batch: number, b: number): number[] {
  const length = cuSeqlens.length / batch;
  return Array.from({ length }, (_, document) => cuSeqlens[b * length + document]!);
}
