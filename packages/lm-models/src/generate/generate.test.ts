// Generation: with a cache and without, in batches, the window it looks back at, where it ends, its seed, and its errors.

import { ArgumentError, NonFiniteError } from '@vulpes/tensor-core';
import { gpuSuite } from '@vulpes/tensor-core/testing';
import { describe, expect, test } from 'vitest';
import { foxPreset } from '../config/presets.ts';
import { createModel, type Model } from '../model/model.ts';
import { parameterSpecs } from '../parameters/parameter-specs.ts';
import { toHostWeights } from '../reference/check.ts';
import { referenceLogits } from '../reference/model.ts';
import { randomWeights } from '../reference/random-weights.ts';
import {
  type GenerateBatchOptions,
  type GenerateOptions,
  generate,
  generateBatch,
} from './generate.ts';
import type { CacheUsage } from './options.ts';
import { argmax } from './sampling.ts';

const config = foxPreset('pro-nano', {
  vocabSize: 24,
  hiddenSize: 32,
  intermediateSize: 16,
  numHiddenLayers: 1,
});
const specs = parameterSpecs(config);
const weights = randomWeights(specs, 5);
const prompt = [3, 1, 4, 1, 5, 9, 2, 6];

gpuSuite('generate', (device) => {
  const makeModel = (): Model => createModel(config, device());
  const make = (options: Partial<GenerateOptions>) => {
    const model = makeModel();
    return generate(model, model.upload(toHostWeights(specs, weights)), {
      prompt,
      maxNewTokens: 6,
      ...options,
    });
  };

  test('takes the likeliest token and looks back at its window only', async () => {
    const expected = [...prompt];
    for (let made = 0; made < 6; made++) {
      const logits = referenceLogits(config, weights, { inputIds: expected.slice(-5) });
      expected.push(argmax(logits.at(-1) as Float64Array));
    }
    expect([...(await make({ contextLength: 5 }))]).toEqual(expected);
    expect([...(await make({ contextLength: 6 }))]).not.toEqual(expected);
  });

  describe('with a cache, without one, and with one that evicts', () => {
    const prompts = [70, 33, 3, 1].map((length, row) =>
      Array.from({ length }, (_, t) => (t * t + 3 * t + row) % config.vocabSize),
    );
    const options = { prompts, maxNewTokens: 30, prefillChunk: 48, stopToken: null };
    /** Gates of 1/2, as training begins: a head forgets within some 30 tokens. */
    const freshModel = () => {
      const model = createModel(config, device());
      return { model, params: model.init(3) };
    };
    const textsOf = async (choice: Partial<GenerateBatchOptions>) => {
      const { model, params } = freshModel();
      const texts = await generateBatch(model, params, { ...options, ...choice });
      return texts.map((text) => [...text]);
    };

    test('rows of unequal length get the same tokens, together and alone', async () => {
      const expected = await textsOf({ useCache: false });
      const usages: CacheUsage[] = [];
      expect(await textsOf({ onCache: (usage) => usages.push(usage) })).toEqual(expected);
      expect(await textsOf({ evict: false })).toEqual(expected);
      expect(await textsOf({ prefillChunk: 7 })).toEqual(expected);
      const { model, params } = freshModel();
      for (const [row, prompt] of prompts.entries()) {
        const alone = await generate(model, params, { ...options, prompt });
        expect([...alone], `row ${row}`).toEqual(expected[row]);
      }
      const { length, keptBytes, fullBytes, notes } = usages.at(-1)!;
      expect([usages.length, length, notes]).toEqual([30, 99, []]);
      expect(keptBytes).toBeLessThan(0.8 * fullBytes);
    });

    test('with several tokens in flight: what is computed after an end is no part of the text', async () => {
      const ends = {
        ...{ temperature: 1, topK: 20, topP: 0.9, stopToken: 7, contextLength: 90 },
        onToken: (token: number, row: number) => token !== row,
      };
      const oneByOne = await textsOf({ ...ends, tokensInFlight: 1 });
      expect(await textsOf({ ...ends, tokensInFlight: 5 })).toEqual(oneByOne);
      expect(await textsOf({ ...ends, useCache: false })).toEqual(oneByOne);
      expect(
        new Set(oneByOne.map(({ length }, row) => length - prompts[row]!.length)).size,
      ).toBeGreaterThan(1);
      const usages: CacheUsage[] = [];
      const onCache = (usage: CacheUsage) => void usages.push(usage);
      expect(await textsOf({ tokensInFlight: 3, onCache })).toEqual(await textsOf({}));
      expect(usages.map(({ length }) => length)).toEqual(usages.map((_, n) => 70 + n));
      expect(usages.at(-1)!.keptBytes).toBeLessThan(0.8 * usages.at(-1)!.fullBytes);
    });

    test('drawn tokens too, up to where a row ends and past the context length', async () => {
      const heard: number[][] = [[], [], [], []];
      const choice = {
        temperature: 1,
        maxNewTokens: 8,
        contextLength: 74,
        stopToken: 7,
        onToken: (token: number, row: number) => heard[row]!.push(token) < 5 + row,
      };
      const expected = await textsOf({ ...choice, useCache: false });
      expect(heard).toEqual(expected.map((text, row) => text.slice(prompts[row]!.length)));
      for (const row of heard) row.length = 0;
      expect(await textsOf(choice)).toEqual(expected);
      expect(new Set(heard.map(({ length }) => length)).size).toBeGreaterThan(1);
    });

    test('one row of one head decodes as it computes anew: a chunk is one gate', async () => {
      const model = createModel({ ...config, numHeads: 1 }, device());
      const params = model.init(3);
      const textOf = (useCache: boolean) =>
        generate(model, params, { prompt, maxNewTokens: 6, useCache, stopToken: null });
      expect([...(await textOf(true))]).toEqual([...(await textOf(false))]);
    });

    test('config.useCache: false is respected', async () => {
      const model = createModel({ ...config, useCache: false }, device());
      let calls = 0;
      const onCache = () => void calls++;
      const settings = { prompt, maxNewTokens: 1, onCache };
      await generate(model, model.init(0), settings);
      expect(calls).toBe(0);
      await generate(model, model.init(0), { ...settings, useCache: true });
      expect(calls).toBe(1);
    });
  });

  test('leaves no tensor behind', async () => {
    const model = makeModel();
    const params = model.init(0);
    const live = device().memory.liveTensors;
    await generate(model, params, { prompt, maxNewTokens: 2 });
    expect(device().memory.liveTensors).toBe(live);
  });

  test('ends after the stop token, or when asked to', async () => {
    const all = [...(await make({}))];
    const stopToken = all[prompt.length + 2] as number;
    const end = all.indexOf(stopToken, prompt.length) + 1;
    expect([...(await make({ stopToken }))]).toEqual(all.slice(0, end));
    const heard: number[] = [];
    await make({ onToken: (token) => heard.push(token) < 3 });
    expect(heard).toEqual(all.slice(prompt.length, prompt.length + 3));
    expect([...(await make({ maxNewTokens: 0 }))]).toEqual(prompt);
  });

  test('draws by its seed', async () => {
    const drawn = { temperature: 1.5, topK: 12 };
    expect(await make({ ...drawn, seed: 1 })).toEqual(await make({ ...drawn, seed: 1 }));
    expect(await make({ ...drawn, seed: 1 })).not.toEqual(await make({ ...drawn, seed: 2 }));
    expect(await make({ temperature: 3, topK: 1 })).toEqual(await make({}));
  });

  test.each<[Partial<GenerateOptions>, string]>([
    [{ prompt: [] }, 'prompt to be at least one token, got none'],
    [{ prompt: [1, 24] }, 'prompt to be token ids from 0 to 23, got 24'],
    [{ maxNewTokens: -1 }, 'maxNewTokens to be an integer ≥ 0, got -1'],
    [{ temperature: Number.NaN }, 'temperature to be a number ≥ 0, got NaN'],
    [{ topK: 0 }, 'topK to be an integer ≥ 1 or null, got 0'],
    [{ topP: 0 }, 'topP to be a number above 0 and at most 1, or null, got 0'],
    [{ tokensInFlight: 0 }, 'tokensInFlight to be an integer ≥ 1, got 0'],
    [{ contextLength: 0 }, 'contextLength to be an integer ≥ 1 or null, got 0'],
    [{ prefillChunk: 1.5 }, 'prefillChunk to be an integer ≥ 1, got 1.5'],
  ])('%j is refused', async (options, message) => {
    await expect(make(options)).rejects.toThrow(`generate: expected ${message}`);
    await expect(make(options)).rejects.toThrow(ArgumentError);
  });

  test('weights that give NaN are reported', async () => {
    const model = makeModel();
    const broken = toHostWeights(specs, weights);
    broken['model.norm.weight']?.data.fill(Number.NaN);
    const text = generate(model, model.upload(broken), { prompt, maxNewTokens: 1 });
    await expect(text).rejects.toThrow(NonFiniteError);
  });
});
