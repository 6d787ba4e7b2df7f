// Start and end indices are two descriptions of one set of pairs; the forward reads one, dK and dV the other.

import { describe, expect, test } from 'vitest';
import { attentionCases } from './attention.cases.ts';
import { type HostRanges, staircase } from './fixtures/make-inputs.ts';

describe('block ranges', () => {
  test.each(attentionCases.filter(({ blocks }) => blocks))(
    '$id: both indices keep the same pairs',
    ({ dims, blocks }) => {
      const ranges = staircase(47, dims, blocks!);
      const { queryLen, keyLen, batch, numHeads } = dims;
      let dropped = 0;
      for (let head = 0; head < batch * numHeads; head++) {
        for (let i = 0; i < queryLen; i++) {
          for (let j = 0; j <= keyLen - queryLen + i; j++) {
            const byStart = keptByStart(ranges, queryLen, head, i, j);
            const byEnd = keptByEnd(ranges, keyLen, head, i, j);
            if (byStart !== byEnd) expect({ head, i, j, byStart, byEnd }).toBeNull();
            if (!byStart) dropped++;
          }
        }
      }
      expect(dropped).toBeGreaterThan(0);
    },
  );
});

const keptByStart = (
  { blockM, startIndex }: HostRanges,
  queryLen: number,
  head: number,
  i: number,
  j: number,
): boolean => j >= startIndex[head * Math.ceil(queryLen / blockM) + Math.floor(i / blockM)]!;

const keptByEnd = (
  { blockN, endIndex }: HostRanges,
  keyLen: number,
  head: number,
  i: number,
  j: number,
): boolean => i < endIndex[head * Math.ceil(keyLen / blockN) + Math.floor(j / blockN)]!;
