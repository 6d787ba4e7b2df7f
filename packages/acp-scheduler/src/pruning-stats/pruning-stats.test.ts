import { CounterRng, type Device } from '@vulpes/tensor-core';
import { gpuSuite, underTwoFills } from '@vulpes/tensor-core/testing';
import { describe, expect, test } from 'vitest';
import { findIndexCases } from '../find-index/find-index.cases.ts';
import { referenceBlockRanges, type SearchDims } from '../find-index/find-index.reference.ts';
import { cumulativeGates } from '../find-index/log-gates.fixture.ts';
import { deviceVisibility, type VisibilityOptions } from '../visibility.fixture.ts';
import { referencePruningCounts } from './pruning-counts.reference.ts';
import { pruningCounts } from './pruning-counts.ts';
import { blockCost, pruningStats } from './pruning-stats.ts';

/** Counts by the GPU, with the visibility they were made with. */
async function count(
  device: Device,
  startIndex: Int32Array,
  dims: SearchDims,
  limits: VisibilityOptions | null,
) {
  const { batch, numHeads, queryLen, keyLen, blocks } = dims;
  const tensors = device.scope(() => {
    const shape = [batch, numHeads, startIndex.length / (batch * numHeads)];
    const kept = { blocks, startIndex: device.tensor(startIndex, shape) };
    const visibility = limits ? deviceVisibility(device, batch, keyLen, limits) : undefined;
    return { visibility, counts: pruningCounts(kept, { queryLen, keyLen, visibility }) };
  });
  const visibility = (await tensors.visibility?.data()) as Int32Array | undefined;
  const counts = (await tensors.counts.data()) as Uint32Array;
  tensors.visibility?.dispose();
  tensors.counts.dispose();
  return { visibility, counts };
}

/** No limits; padding, some of it a whole row of the batch; documents with one that is empty; windows; all of them. */
const limitsOf = ({ batch, keyLen }: SearchDims): (VisibilityOptions | null)[] => {
  const at = (share: number) => Math.floor(keyLen * share);
  const each = (values: (b: number) => number[]) =>
    Array.from({ length: batch }, (_, b) => values(b)).flat();
  const seqStart = each((b) => [at(0.4) >> b]);
  const cuSeqlens = each((b) => [at(0.1 * b), at(0.3), at(0.3), at(0.55), at(0.9)]);
  const windowSize = at(0.2) + 1;
  return [
    null,
    { seqStart },
    { seqStart: each((b) => [keyLen >> b]) },
    { cuSeqlens },
    { windowSize },
    { seqStart, cuSeqlens, windowSize },
  ];
};

gpuSuite('pruningCounts', (device) => {
  test.each(findIndexCases)('equals counting every pair: $id', async (dims) => {
    const { batch, numHeads, keyLen } = dims;
    const logLambda = cumulativeGates('mixed', 42, batch * numHeads, keyLen);
    const threshold = Array.from({ length: batch * numHeads }, (_, head) => -4 - 6 * head);
    const { startIndex } = referenceBlockRanges(logLambda, threshold, dims);
    for (const limits of limitsOf(dims)) {
      const { counts, visibility } = await count(device(), startIndex, dims, limits);
      expect(counts, JSON.stringify(limits)).toEqual(
        referencePruningCounts(startIndex, visibility, dims),
      );
    }
  });

  test('equals counting every pair where starts come from anywhere', async () => {
    const dims = findIndexCases[2]!;
    const rng = new CounterRng(5);
    const starts = Int32Array.from({ length: 4 * 7 }, () => 8 * rng.below(16) - 8);
    for (const limits of limitsOf(dims)) {
      const { counts, visibility } = await count(device(), starts, dims, limits);
      expect(counts, JSON.stringify(limits)).toEqual(
        referencePruningCounts(starts, visibility, dims),
      );
    }
  });

  test('writes all it returns and nothing else', async () => {
    const dims = findIndexCases[1]!;
    await underTwoFills(device(), async () => {
      const { counts } = await count(device(), new Int32Array(48), dims, { windowSize: 9 });
      return { counts };
    });
  });

  test('names what is wrong', () => {
    const ranges = {
      blocks: { blockM: 8, blockN: 8 },
      startIndex: device().zeros([1, 2, 2], { dtype: 'i32' }),
      endIndex: device().zeros([1, 2, 2], { dtype: 'i32' }),
    };
    const visibility = device().zeros([1, 16, 2]);
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
      pruningCounts(ranges, { queryLen: 16, keyLen: 16, visibility }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[DTypeError: pruningCounts: expected visibility i32, got f32. Take it from tokenVisibility.]`,
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
