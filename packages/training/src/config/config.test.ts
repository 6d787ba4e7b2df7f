// Configurations: layers over presets, what follows from a field, and errors that name path, expected, got and the nearest key.

import { foxPreset, nonEmbeddingParameters } from '@vulpes/lm-models';
import { describe, expect, test } from 'vitest';
import { runPresets } from '../run-presets.ts';
import { tokensPerStep } from '../settings.ts';
import { editDistance, findNearest } from './nearest.ts';
import { readLayer } from './read-layer.ts';
import { layOver, mergeLayers, resolveConfig, toConfig, toRun } from './resolve-config.ts';
import { configFields, configSections, describeField } from './run-config.ts';

describe('layers', () => {
  test('none: the default preset, and the precision that suits the adapter', () => {
    const config = resolveConfig([]);
    const { model, settings } = runPresets.default!;
    expect(config.training).toEqual({ ...settings, precision: 'auto' });
    expect(config.model).toEqual({ ...model, maxPositionEmbeddings: settings.contextLength });
    expect(config.data).toEqual({
      ...{ files: null, heldOut: 0.02 },
      ...{ tokenizer: null, encoding: 'auto', field: 'text' },
    });
  });

  test('the later wins, field by field; every preset is a place to start', () => {
    const file = readLayer(
      { preset: 'smoke', model: { numHeads: 4 }, training: { seed: 3, batchSize: 2 }, data: null },
      'a.yaml',
    );
    const { preset, model, training } = resolveConfig([file, { training: { seed: 4 } }]);
    expect(preset).toBe('smoke');
    expect(model).toMatchObject({ numHeads: 4, numHiddenLayers: 2 });
    expect(training).toMatchObject({ seed: 4, batchSize: 2, steps: 20 });
  });

  test('model.preset replaces the model, the fields beside it win', () => {
    const { model } = resolveConfig([
      { model: { numHeads: 4 } },
      { model: { preset: 'llama-tiny', numHiddenLayers: 3 } },
    ]);
    const expected = { numHiddenLayers: 3, maxPositionEmbeddings: 512 };
    expect(model).toEqual(foxPreset('llama-tiny', expected));
  });

  test('fewer steps warm up for the same share, more for no longer, unless it is given', () => {
    const warmup = (...layers: Parameters<typeof resolveConfig>[0]) =>
      resolveConfig(layers).training.warmupSteps;
    expect(warmup()).toBe(20);
    expect(warmup({ training: { steps: 100 } })).toBe(6);
    expect(warmup({ training: { steps: 4000 } })).toBe(20);
    expect(warmup({ training: { steps: 100, warmupSteps: 50 } })).toBe(50);
    expect(
      warmup({ training: { steps: 200, warmupSteps: 50 } }, { training: { steps: 100 } }),
    ).toBe(25);
    const given = mergeLayers([{ training: { warmupSteps: 50 } }, { training: { steps: 100 } }]);
    expect(warmup(given)).toBe(50);
  });

  test('the model looks back as far as it is trained, unless it is given', () => {
    const looksBack = (...layers: Parameters<typeof resolveConfig>[0]) =>
      resolveConfig(layers).model.maxPositionEmbeddings;
    expect(looksBack({ training: { contextLength: 64 } })).toBe(64);
    expect(
      looksBack({ training: { contextLength: 64 }, model: { maxPositionEmbeddings: 9 } }),
    ).toBe(9);
    expect(looksBack({ model: { maxPositionEmbeddings: null } })).toBeNull();
  });

  test('a whole configuration is the same again, and so is that of a run', () => {
    const config = resolveConfig([{ preset: 'long', data: { files: ['/a.txt'], heldOut: 0.1 } }]);
    expect(resolveConfig([readLayer(JSON.parse(JSON.stringify(config)), 'a.yaml')])).toEqual(
      config,
    );
    const run = toRun(config);
    expect(run.settings.precision).toBe('f32');
    expect(toConfig(run)).toEqual({ ...config, training: run.settings });
    expect(layOver(config, { training: { steps: 5 } }).training.warmupSteps).toBe(14);
  });
});

describe('errors', () => {
  const message = (value: unknown) => {
    try {
      return resolveConfig([readLayer(value, 'a.yaml')]) && 'no error';
    } catch (error) {
      return (error as Error).message;
    }
  };

  test.each([
    [[], 'a.yaml: expected the sections model, data, training and evaluation, got "a list of 0".'],
    [{ model: ['x'] }, 'a.yaml: expected model to be keys with values, got "a list of 1".'],
    ['text', 'a.yaml: expected the sections model, data, training and evaluation, got "text".'],
    [{ model: 4 }, 'a.yaml: expected model to be keys with values, got 4.'],
    [{ preset: 4 }, 'a.yaml: expected preset to be a string, got 4.'],
    [
      { training: { stpes: 4 } },
      'a.yaml: unknown key training.stpes. Did you mean training.steps?',
    ],
    [{ steps: 4 }, 'a.yaml: unknown key steps. Did you mean training.steps?'],
    [
      { model: { num_heads: 4 } },
      'a.yaml: unknown key model.num_heads. Did you mean model.numHeads?',
    ],
    [
      { evaluation: { length: 0 } },
      'a.yaml: expected evaluation.length to be a whole number ≥ 1, or null, got 0.',
    ],
    [
      { training: { numHeads: 4 } },
      'a.yaml: unknown key training.numHeads. Did you mean model.numHeads?',
    ],
    [{ trainig: { steps: 4 } }, 'a.yaml: unknown key trainig. Did you mean training?'],
    [
      { colour: 4 },
      'a.yaml: unknown key colour. A configuration has preset, model, data, training and evaluation.',
    ],
    [
      { data: { colour: 4 } },
      'a.yaml: unknown key data.colour. Keys of data: files, heldOut, tokenizer, encoding, field.',
    ],
    [
      JSON.parse('{"__proto__": {"steps": 4}}'),
      'a.yaml: unknown key __proto__. A configuration has',
    ],
    [
      { training: { constructor: 4 } },
      'a.yaml: unknown key training.constructor. Keys of training: ',
    ],
    [
      { training: { steps: 'many' } },
      'a.yaml: expected training.steps to be a whole number ≥ 1, got "many".',
    ],
    [
      { training: { steps: { x: 1 } } },
      'expected training.steps to be a whole number ≥ 1, got {"x":1}.',
    ],
    [
      { training: { maxGradNorm: 0 } },
      'expected training.maxGradNorm to be a number > 0, or null, got 0.',
    ],
    [
      { training: { precision: 'f8' } },
      'expected training.precision to be one of auto, f32, mixed, got "f8".',
    ],
    [{ training: { heldOut: 1 } }, 'unknown key training.heldOut. Did you mean data.heldOut?'],
    [
      { data: { files: [] } },
      'expected data.files to be a list of files, or null for the bundled text, got [].',
    ],
    [
      { data: { files: ['a', 4] } },
      'expected data.files to be a list of files, or null for the bundled text, got ["a",4].',
    ],
    [{ model: { numHeads: 2.5 } }, 'expected model.numHeads to be a positive integer, got 2.5.'],
    [
      { model: { fgateDecayTimes: [2] } },
      'expected model.fgateDecayTimes to be two positive numbers, or null, got [2].',
    ],
    [{ model: { preset: 'pro-huge' } }, 'expected model.preset to be one of pro-nano, '],
    [{ preset: 'defualt' }, 'got "defualt". Did you mean default?'],
    [
      { model: { numHeads: 3 } },
      'expected hiddenSize / numHeads to be one of 16, 32, 64, 128, got 64 / 3',
    ],
    [
      { training: { warmupSteps: 400 } },
      'expected a warm-up shorter than the run, got 400 of 320 steps',
    ],
  ])('%j', (value, expected) => {
    expect(message(value)).toContain(expected);
  });

  test('never show more than the start of what came', () => {
    const long = 'x'.repeat(10_000);
    for (const value of [
      ...[long, { [long]: 1 }, { model: { [long]: 1 } }, { preset: long }],
      ...[{ training: { steps: long } }, { data: { files: { a: long } } }],
    ]) {
      expect(message(value)).not.toContain('x'.repeat(50));
      expect(message(value)).not.toBe('no error');
    }
  });

  test('two presets do not go together', () => {
    expect(() => resolveConfig([{ preset: 'smoke' }, { preset: 'long' }])).toThrow(
      'preset: expected one, got "smoke" and "long".',
    );
  });
});

test.each([
  ['kitten', 'sitting', 3],
  ['', 'abc', 3],
  ['steps', 'stpes', 1],
  ['same', 'same', 0],
])('from %s to %s', (a, b, distance) => {
  expect(editDistance(a, b)).toBe(distance);
  expect(editDistance(b, a)).toBe(distance);
});

test('what is far is not near', () => {
  expect(findNearest('training.colour', ['training.steps', 'model.numHeads'])).toBeNull();
  expect(findNearest('b.seeds', ['a.seed', 'b.seed'])).toBe('b.seed');
});

test('each field says what it accepts', () => {
  for (const section of configSections) {
    for (const [name, field] of Object.entries(configFields[section]))
      expect(describeField(field), name).toMatch(/^(an?|one of|two|true or false|"|numbers?)/);
  }
});

describe('official runs', () => {
  // Budgets and counts of the papers: 2^28 tokens of warm-up; parameters without the input embedding.
  test.each([
    ['pro-125m', 2_684_354_560, 123_910_800, 2e-3],
    ['llama-125m', 2_684_354_560, 123_661_968, 2e-3],
    ['pro-360m', 7_516_192_768, 367_339_904, 2e-3],
    ['llama-360m', 7_516_192_768, 360_188_288, 2e-3],
    ['pro-760m', 16_106_127_360, 759_512_640, 1e-3],
    ['llama-760m', 16_106_127_360, 757_632_576, 1e-3],
    ['pro-760m-48b', 48_318_382_080, 759_512_640, 2e-3],
    ['llama-760m-48b', 48_318_382_080, 757_632_576, 1e-3],
    ['transformer-760m-48b', 48_318_382_080, null, 5e-4],
    ['transformer-pro-760m-48b', 48_318_382_080, null, 1e-3],
  ])('%s', (preset, tokens, parameters, learningRate) => {
    const { model, training } = resolveConfig([{ preset }]);
    const settings = { ...training, precision: 'f32' } as const;
    expect(tokensPerStep(settings)).toBe(2 ** 19);
    expect(tokensPerStep(settings) * training.steps).toBe(tokens);
    expect(tokensPerStep(settings) * training.warmupSteps).toBe(2 ** 28);
    if (parameters !== null) expect(nonEmbeddingParameters(model)).toBe(parameters);
    expect(model).toMatchObject({ vocabSize: 50257, maxPositionEmbeddings: 16384 });
    expect(training).toMatchObject({
      ...{ learningRate, contextLength: 16384, schedule: 'cosine', finalRateShare: 0 },
      ...{ weightDecay: 0.1, maxGradNorm: 1, seed: 0 },
    });
  });
});
