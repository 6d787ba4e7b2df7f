// Shares of skipped blocks, by hand.

import { expect, test } from 'vitest';
import { PruningTally } from './pruning.ts';

test('shares per head, per layer and in all, over batches', () => {
  const tally = new PruningTally();
  // two layers, batch 1, two heads: (kept, causal) pairs
  tally.add([Uint32Array.of(10, 10, 5, 10), Uint32Array.of(0, 10, 2, 10)], 2);
  tally.add([Uint32Array.of(10, 10, 5, 10), Uint32Array.of(0, 10, 2, 10)], 2);
  const summary = tally.summary();
  expect(summary?.perHead).toEqual([
    [0, 0.5],
    [1, 0.8],
  ]);
  expect(summary?.perLayer[0]).toBeCloseTo(0.25, 12);
  expect(summary?.perLayer[1]).toBeCloseTo(0.9, 12);
  expect(summary).toMatchObject({ keptBlocks: 34, causalBlocks: 80 });
  expect(summary?.share).toBeCloseTo(1 - 34 / 80, 12);
});

test('several rows of a batch count for the same heads', () => {
  const tally = new PruningTally();
  tally.add([Uint32Array.of(1, 4, 4, 4, 3, 4, 4, 4)], 2); // [2 rows, 2 heads, 2]
  expect(tally.summary()?.perHead).toEqual([[0.5, 0]]);
});

test('without pruning there is no summary', () => {
  const tally = new PruningTally();
  tally.add([], 2);
  expect(tally.summary()).toBeNull();
});
