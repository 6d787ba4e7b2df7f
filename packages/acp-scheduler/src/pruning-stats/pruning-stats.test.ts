import type { Device } from '@vulpes/tensor-core';
import { gpuSuite, underTwoFills } from '@vulpes/tensor-core/testing';
import { describe, expect, test } from 'vitest';
import { findIndexCases } from '../find-index/find-index.cases.ts';
import { naiveBlockRanges, type SearchDims } from '../find-index/find-index.naive.ts';
import { cumulativeGates } from '../find-index/log-gates.fixture.ts';
import { naivePruningCounts } from './pruning-counts.naive.ts';
import { pruningCounts } from './pruning-counts.ts';
import { blockCost, pruningStats } from './pruning-stats.ts';

async function count(
  device: Device,
  startIndex: Int32Array,
  dims: SearchDims,
  seqStart?: Int32Array,
) {
  const { batch, numHeads, queryLen, keyLen, blocks } = dims;
  return device.scope(() => {
    const ranges = {
      blocks,
      startIndex: device.tensor(startIndex, [
        batch,
        numHeads,
        startIndex.length / (batch * numHeads),
      ]),
      endIndex: device.zeros([1, 1, 1], { dtype: 'i32' }),
    };
    const starts = seqStart && device.tensor(seqStart, [batch]);
    return { counts: pruningCounts(ranges, { queryLen, keyLen, seqStart: starts }) };
  });
}

gpuSuite('pruningCounts', (device) => {
  test.each(findIndexCases)('equals counting every pair: $id', async (dims) => {
    const { batch, numHeads, keyLen } = dims;
    const logLambda = cumulativeGates('mixed', 42, batch * numHeads, keyLen);
    const threshold = Array.from({ length: batch * numHeads }, (_, head) => -4 - 6 * head);
    const { startIndex } = naiveBlockRanges(logLambda, threshold, dims);
    // No padding, some, and a row of the batch that is padding only.
    for (const padding of [0, 0.4, 1]) {
      const seqStart = Int32Array.from(
        { length: batch },
        (_, b) => Math.floor(keyLen * padding) >> b,
      );
      const { counts } = await underTwoFills(device(), async () => {
        const made = await count(device(), startIndex, dims, padding === 0 ? undefined : seqStart);
        const data = (await made.counts.data()) as Uint32Array;
        made.counts.dispose();
        return { counts: data };
      });
      expect(counts).toEqual(naivePruningCounts(startIndex, seqStart, dims));
    }
  });

  test('names what is wrong', () => {
    const ranges = {
      blocks: { blockM: 8, blockN: 8 },
      startIndex: device().zeros([1, 2, 2], { dtype: 'i32' }),
      endIndex: device().zeros([1, 2, 2], { dtype: 'i32' }),
    };
    const seqStart = device().zeros([1]);
    expect(() =>
      pruningCounts(ranges, { queryLen: 16, keyLen: 8 }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: pruningCounts: expected 1 ≤ queryLen ≤ keyLen, got 16 and 8.]`,
    );
    expect(() =>
      pruningCounts(ranges, { queryLen: 40, keyLen: 40 }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: pruningCounts: expected startIndex [B, H, 5], got [1, 2, 2].]`,
    );
    expect(() =>
      pruningCounts(ranges, { queryLen: 16, keyLen: 16, seqStart }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[DTypeError: pruningCounts: expected seqStart i32, got f32. Make it from an Int32Array.]`,
    );
  });
});

describe('pruningStats', () => {
  const dims = { batch: 2, numHeads: 2, headDim: 64, blocks: { blockM: 64, blockN: 32 } };

  test('shares, FLOPs and bytes of each head and of all', () => {
    // [B, H, 2]: head 0 keeps 4 + 2 of 20, head 1 all of 20.
    const stats = pruningStats(Uint32Array.of(4, 10, 10, 10, 2, 10, 10, 10), dims);
    expect(stats.perHead.map((head) => head.prunedShare)).toEqual([0.7, 0]);
    expect(stats).toMatchObject({ keptBlocks: 26, causalBlocks: 40, prunedShare: 0.35 });
    // 14 blocks of 2 matmuls forward and 7 backward, 2 · 64 · 32 · 64 FLOPs each.
    expect(stats.forwardFlopsSaved).toBe(14 * 2 * 262144);
    expect(stats.backwardFlopsSaved).toBe(14 * 7 * 262144);
    expect(stats.forwardBytesSaved).toBe(14 * 129 * 32 * 4);
    expect(stats.perHead[0]?.backwardFlopsSaved).toBe(stats.backwardFlopsSaved);
  });

  test('nothing causal counts as nothing pruned', () => {
    expect(pruningStats(new Uint32Array(8), dims).prunedShare).toBe(0);
  });

  test('rejects counts of another size', () => {
    expect(() => pruningStats(new Uint32Array(6), dims)).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: pruningStats: expected counts [B, H, 2] with 8 numbers, got 6. Pass the data of pruningCounts.]`,
    );
  });

  test('one block costs nine matmuls in all', () => {
    const cost = blockCost({ headDim: 16, blocks: { blockM: 8, blockN: 8 } });
    expect(cost.forwardFlops + cost.backwardFlops).toBe(9 * 2 * 8 * 8 * 16);
  });
});
