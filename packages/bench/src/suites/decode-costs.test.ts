import { foxPreset } from '@vulpes/lm-models';
import { expect, test } from 'vitest';
import { cachedCosts } from './model-costs.ts';

/** Head dim 32; an MLP of width 256. */
const config = foxPreset('pro-nano', {
  numHiddenLayers: 2,
  hiddenSize: 96,
  numHeads: 3,
  vocabSize: 50,
});
// Weights of a layer: q, k, v, output gate, o of 96 × 96; shifts of k and v and the forget gate of 3 × 96;
// MLP up of 256 × 96 and down of 96 × 128.
const LAYER = 5 * 96 * 96 + 3 * 3 * 96 + 256 * 96 + 96 * 128;
const HEAD = 50 * 96;
// What a token reads and writes of these: in and out of each.
const LAYER_ROWS = 5 * (96 + 96) + 3 * (3 + 96) + (256 + 96) + (96 + 128);
const HEAD_ROWS = 50 + 96;

test('one token with a cache: each query head of a key head over its pages of 32 tokens', () => {
  const grouped = cachedCosts(
    { ...config, numHeads: 6, numKvHeads: 3, hiddenSize: 192 },
    { keptPages: 11, keptBytes: 1000 },
  );
  const one = cachedCosts(
    { ...config, numHeads: 6, numKvHeads: 3, hiddenSize: 192 },
    { keptPages: 0, keptBytes: 0 },
  );
  expect(grouped.flops - one.flops).toBe(11 * 2 * (2 * 2 * 32 * 32));
  expect(grouped.bytes - one.bytes).toBe(1000);
  const { flops, bytes } = cachedCosts(config, { keptPages: 0, keptBytes: 0 });
  expect(flops).toBe(2 * (2 * LAYER + HEAD));
  expect(bytes).toBe(4 * (2 * (LAYER + LAYER_ROWS) + HEAD + HEAD_ROWS));
});
