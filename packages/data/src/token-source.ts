// Tokens that can be read from any place: of an array in memory, or chosen parts of another source.

import { ArgumentError } from '@vulpes/tensor-core';

export interface TokenSource {
  /** Tokens. */
  readonly length: number;
  /** Tokens [offset, offset + count). */
  read(offset: number, count: number): Promise<Int32Array<ArrayBuffer>>;
  /** Where documents begin within [offset, offset + count), ascending, counted from `offset`; empty where it knows none. */
  documentStarts(offset: number, count: number): Promise<Int32Array<ArrayBuffer>>;
}

/** As tokens are stored: one byte, two or four each. */
export type TokenArray = Uint8Array | Uint16Array | Uint32Array | Int32Array;

/** @param documentStarts - first token of each document, ascending */
export function memoryTokens(
  tokens: TokenArray,
  documentStarts: readonly number[] | Float64Array = [],
): TokenSource {
  return {
    length: tokens.length,
    read: async (offset, count) => {
      checkRange(tokens.length, offset, count);
      return Int32Array.from(tokens.subarray(offset, offset + count));
    },
    documentStarts: async (offset, count) => {
      const first = firstAtLeast(documentStarts, offset);
      const end = firstAtLeast(documentStarts, offset + count);
      return Int32Array.from(documentStarts.slice(first, end), (start) => start - offset);
    },
  };
}

/** Tokens [offset, offset + length) of a source. */
export interface TokenRange {
  readonly offset: number;
  readonly length: number;
}

/** The given parts of a source, one after the other: each begins a document, since what stood before it is gone. */
export function selectTokens(source: TokenSource, ranges: readonly TokenRange[]): TokenSource {
  const ends = Float64Array.from(ranges, ({ length }) => length);
  for (let i = 1; i < ends.length; i++) ends[i] = (ends[i] as number) + (ends[i - 1] as number);
  const length = ends.at(-1) ?? 0;

  /** Calls `visit` for each part of [offset, offset + count): where it lies in `source`, and in what was asked for. */
  const walk = async (
    offset: number,
    count: number,
    visit: (part: TokenRange, at: number, isBegun: boolean) => Promise<void>,
  ) => {
    let done = 0;
    for (let i = firstAtLeast(ends, offset + 1); done < count; i++) {
      const range = ranges[i] as TokenRange;
      const skipped = offset + done - ((ends[i] as number) - range.length);
      const taken = Math.min(range.length - skipped, count - done);
      await visit({ offset: range.offset + skipped, length: taken }, done, skipped > 0);
      done += taken;
    }
  };

  return {
    length,
    read: async (offset, count) => {
      checkRange(length, offset, count);
      const tokens = new Int32Array(count);
      await walk(offset, count, async (part, at) => {
        tokens.set(await source.read(part.offset, part.length), at);
      });
      return tokens;
    },
    documentStarts: async (offset, count) => {
      checkRange(length, offset, count);
      const starts: number[] = [];
      await walk(offset, count, async (part, at, isBegun) => {
        const inner = await source.documentStarts(part.offset, part.length);
        if (!isBegun && inner[0] !== 0) starts.push(at);
        for (const start of inner) starts.push(at + start);
      });
      return Int32Array.from(starts);
    },
  };
}

/** Index of the first of the ascending numbers that is ≥ `value`. */
export function firstAtLeast(ascending: ArrayLike<number>, value: number): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** @throws ArgumentError where [offset, offset + count) is not within the source */
export function checkRange(length: number, offset: number, count: number): void {
  if (offset >= 0 && count >= 0 && offset + count <= length) return;
  throw new ArgumentError(
    `tokens: expected a range within 0…${length}, got ${count} tokens from ${offset}.`,
  );
}
