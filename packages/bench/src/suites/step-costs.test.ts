import { foxPreset } from '@vulpes/lm-models';
import { expect, test } from 'vitest';
import { countCausalBlocks, stepCosts } from './model-costs.ts';

const blocks = { blockM: 64, blockN: 32 };
const config = foxPreset('llama-125m');

test('six operations a token and weight of the linear layers, nine matmuls a block', () => {
  // Weights of linear layers: 123,661,968 parameters without the input embedding, less 25 norms of 768 and 12 gate biases of 12.
  const weights = 123_661_968 - 25 * 768 - 12 * 12;
  const alone = stepCosts(config, 10, { blocks, keptBlocks: 0 });
  expect(alone.flops).toBe(6 * 10 * weights);
  const { flops } = stepCosts(config, 10, { blocks, keptBlocks: 3 });
  expect(flops - alone.flops).toBe(3 * 9 * 2 * 64 * 32 * 64);
});

test('blocks below the diagonal, of every head and layer', () => {
  // 100 tokens: rows 0…63 see 2 key blocks of 32, rows 64…99 see 4.
  expect(countCausalBlocks(config, { batch: 2, seqLen: 100, blocks })).toBe(2 * 12 * 12 * 6);
});
