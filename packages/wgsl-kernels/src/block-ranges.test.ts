import { gpuSuite } from '@vulpes/tensor-core/testing';
import { expect, test } from 'vitest';
import { assertBlockRanges, type BlockRanges } from './block-ranges.ts';

gpuSuite('block-ranges', (device) => {
  const dims = { batch: 2, numHeads: 3, queryLen: 65, keyLen: 100 };
  const ranges = (overrides: Partial<BlockRanges> = {}): BlockRanges => ({
    blocks: { blockM: 64, blockN: 32 },
    startIndex: device().zeros([2, 3, 2], { dtype: 'i32' }),
    endIndex: device().zeros([2, 3, 4], { dtype: 'i32' }),
    ...overrides,
  });

  test('accepts ranges that fit', () => {
    expect(() => assertBlockRanges('attention', ranges(), dims)).not.toThrow();
  });

  test('rejects block sizes outside 8…128', () => {
    const odd = ranges({ blocks: { blockM: 48, blockN: 32 } });
    expect(() => assertBlockRanges('attention', odd, dims)).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: attention: expected blockM and blockN to be powers of two in 8…128, got 48 and 32.]`,
    );
  });

  test('rejects ranges for another length or dtype', () => {
    const long = ranges({ startIndex: device().zeros([2, 3, 3], { dtype: 'i32' }) });
    expect(() => assertBlockRanges('attention', long, dims)).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: attention: expected ranges.startIndex [2, 3, 2], got [2, 3, 3].]`,
    );
    const floats = ranges({ endIndex: device().zeros([2, 3, 4]) });
    expect(() => assertBlockRanges('attention', floats, dims)).toThrowErrorMatchingInlineSnapshot(
      `[DTypeError: attention: expected ranges.endIndex i32, got f32.]`,
    );
  });
});
