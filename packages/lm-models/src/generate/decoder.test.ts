// Replayed decoding against recorded decoding: the same bits, whatever grows or is evicted on the way.

import { ArgumentError, type Device } from '@vulpes/tensor-core';
import { gpuSuite } from '@vulpes/tensor-core/testing';
import { describe, expect, test } from 'vitest';
import type { FoxConfig } from '../config/config.ts';
import { foxConfig } from '../config/make-config.ts';
import { modelCases } from '../model/model.cases.ts';
import { createModel } from '../model/model.ts';
import { parameterSpecs } from '../parameters/parameter-specs.ts';
import { toHostWeights } from '../reference/check.ts';
import { randomWeights } from '../reference/random-weights.ts';
import { Decoder } from './decoder.ts';
import { TokenChooser } from './token-chooser.ts';

interface Run {
  readonly replay: boolean;
  readonly steps: number;
  readonly temperature?: number;
}

/** Rows of 5 and 2 tokens, and what follows: tokens and logits of each step, and what the cache holds in the end. */
async function decode(device: Device, config: FoxConfig, { replay, steps, temperature = 0 }: Run) {
  const model = createModel(config, device);
  const specs = parameterSpecs(config);
  const params = model.upload(toHostWeights(specs, randomWeights(specs, 5)));
  const seqStart = [0, 3];
  using cache = model.createCache(params, { batch: 2, seqStart });
  using chooser = new TokenChooser(device, { batch: 2, seed: 9, temperature, topK: null });
  using decoder = new Decoder(model, params, { cache, chooser, replay });
  device.scope(() => {
    const inputIds = device.tensor(Int32Array.of(1, 2, 3, 4, 5, 0, 0, 0, 6, 7), [2, 5]);
    chooser.choose(model.nextTokenLogits(params, { inputIds, cache }));
  });
  const made: { tokens: number[]; logits: number[] }[] = [];
  for (let step = 0; step < steps; step++) {
    using logits = decoder.next();
    const [values, { tokens }] = await Promise.all([logits.data(), chooser.read(), cache.evict()]);
    made.push({ tokens: [...tokens], logits: [...(values as Float32Array)] });
  }
  const { length, keptBytes, fullBytes, allocatedBytes, pages } = cache;
  for (const tensor of Object.values(params)) tensor.dispose();
  return { made, usage: { length, keptBytes, fullBytes, allocatedBytes, pages } };
}

gpuSuite('decoding by replay', (device) => {
  test.each(modelCases)('$id: bit-equal to recording each step', async ({ config }) => {
    const recorded = await decode(device(), config, { replay: false, steps: 4 });
    expect(await decode(device(), config, { replay: true, steps: 4 })).toEqual(recorded);
    expect(new Set(recorded.made.map(({ logits }) => logits[0])).size).toBe(4);
  });

  describe('over several doublings of the cache', () => {
    const pro = modelCases.find(({ id }) => id === 'pro')!.config;
    const config = foxConfig({ ...pro, logPruningTolerance: -1 });

    test('with eviction, tokens drawn', async () => {
      const run = { steps: 100, temperature: 1 };
      const recorded = await decode(device(), config, { ...run, replay: false });
      expect(await decode(device(), config, { ...run, replay: true })).toEqual(recorded);
      const { pages, length } = recorded.usage;
      expect(length).toBe(105);
      expect(pages.kept).toBeLessThan(pages.full);
    });
  });

  test('a cache in which some row has not begun is refused, and left as it was', async () => {
    const { config } = modelCases[0]!;
    const model = createModel(config, device());
    const params = model.init(0);
    using cache = model.createCache(params, { batch: 1, seqStart: [2] });
    using chooser = new TokenChooser(device(), { batch: 1, seed: 0, temperature: 0, topK: null });
    using decoder = new Decoder(model, params, { cache, chooser });
    expect(() => decoder.next()).toThrow(ArgumentError);
    expect(() => decoder.next()).toThrow('expected a cache in which every row has a token');
    using inputIds = device().tensor(Int32Array.of(0, 0, 3), [1, 3]);
    model.nextTokenLogits(params, { inputIds, cache }).dispose();
    decoder.next().dispose();
    expect(cache.length).toBe(4);
  });
});
