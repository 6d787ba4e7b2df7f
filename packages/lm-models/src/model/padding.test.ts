// Attention masks to sequence starts.

import { ArgumentError } from '@vulpes/tensor-core';
import { expect, test } from 'vitest';
import { seqStartFromMask } from './padding.ts';

test('counts the padding on the left', () => {
  const mask = [1, 1, 1, 0, 0, 1, 0, 0, 0];
  expect([...seqStartFromMask(mask, { batch: 3, seqLen: 3 })]).toEqual([0, 2, 3]);
});

test.each([[[1, 0]], [[0, 1, 0]], [[1, 0, 1]], [[0, 2]]])('%j is not left padding', (mask) => {
  expect(() => seqStartFromMask(mask, { batch: 1, seqLen: mask.length })).toThrow(ArgumentError);
});

test('the mask must have the size it claims', () => {
  expect(() => seqStartFromMask([1, 1], { batch: 1, seqLen: 3 })).toThrow(/expected 3 mask values/);
});
