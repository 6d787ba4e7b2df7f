// Default block sizes, and the counts of attention calls.

import { makeCaps } from '@vulpes/tensor-core/testing';
import { describe, expect, test } from 'vitest';
import { backwardFlops, causalPairs, forwardBytes, forwardFlops } from './costs.ts';
import { selectBlocks } from './select-blocks.ts';

test('range blocks shrink with the context, as far as the variant likes', () => {
  const blocks = (keyLen: number, isSoftware = false) =>
    selectBlocks({ keyLen }, makeCaps({ isSoftware })).blockN;
  expect([64, 128, 256, 1024, 16384].map((n) => blocks(n))).toEqual([32, 32, 32, 64, 64]);
  expect([64, 128, 256, 1024].map((n) => blocks(n, true))).toEqual([8, 8, 16, 32]);
  expect(selectBlocks({ keyLen: 1024 }, makeCaps())).toEqual({ blockM: 64, blockN: 64 });
});

describe('costs', () => {
  const dims = { batch: 2, queryLen: 3, keyLen: 5, numHeads: 4, headDim: 16 };
  test('count causal pairs of a cross-length call', () => {
    expect(causalPairs(dims)).toBe(8 * (3 + 4 + 5));
  });
  test('count multiply-adds twice, and kept pairs where given', () => {
    expect(forwardFlops(dims)).toBe(8 * 12 * 16 * 4);
    expect(backwardFlops(dims, 10)).toBe(10 * 16 * 14);
  });
  test('count bytes of every tensor once, of grouped keys and values too', () => {
    // q and out 2·3·4·16, k and v 2·5·4·16, logLambda 2·5·4 pairs, rowStats 2·3·4 pairs
    expect(forwardBytes(dims)).toBe(4 * (2 * 384 + 2 * 640 + 80 + 48));
    // k and v 2·5·2·16
    expect(forwardBytes({ ...dims, numKvHeads: 2 })).toBe(4 * (2 * 384 + 2 * 320 + 80 + 48));
  });
  test('count the flops of grouped heads by their queries', () => {
    expect(forwardFlops({ ...dims, numKvHeads: 2 })).toBe(forwardFlops(dims));
  });
});
