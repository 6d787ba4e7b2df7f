// The estimate against counts made by hand for a model small enough.

import { foxPreset } from '@vulpes/lm-models';
import { expect, test } from 'vitest';
import { estimateRun } from './estimate.ts';
import { defaultSettings } from './settings.ts';

test('the papers count 123,910,800 parameters without embedding for the 125M FoX (Pro)', () => {
  const estimate = estimateRun(foxPreset('pro-125m'), defaultSettings);
  expect(estimate.nonEmbeddingParameters).toBe(123_910_800);
});

test('forward arithmetic is 2 N + 2 layers h L a token [FoX v2, Table 6], and training three times that', () => {
  const config = foxPreset('pro-760m');
  const estimate = estimateRun(config, { ...defaultSettings, contextLength: 16384 });
  const forward = estimate.flopsPerToken.total / 3;
  expect(forward / 2.72e9).toBeGreaterThan(0.99); // the paper's figure for attention models
  expect(forward / 2.72e9).toBeLessThan(1.01);
});

test('grouped queries and windows make it cheaper by what they leave out', () => {
  const settings = { ...defaultSettings, contextLength: 1024 };
  const fields = { hiddenSize: 64, numHeads: 4, numHiddenLayers: 1 };
  const whole = estimateRun(foxPreset('llama-nano', fields), settings).flopsPerToken;
  const grouped = estimateRun(foxPreset('llama-nano', { ...fields, numKvHeads: 1 }), settings);
  // k and v are 16 wide instead of 64; three passes of 2 operations.
  expect(whole.projections - grouped.flopsPerToken.projections).toBe(6 * 2 * 64 * 48);
  const windowed = estimateRun(foxPreset('llama-nano', { ...fields, windowSize: 256 }), settings);
  expect(windowed.flopsPerToken.attention / whole.attention).toBe(224 / 512);
});
