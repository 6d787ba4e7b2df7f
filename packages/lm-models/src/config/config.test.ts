// Configurations: defaults, the JSON file, sizes, and each error.

import { CheckpointError, FoxError } from '@vulpes/tensor-core';
import { describe, expect, test } from 'vitest';
import { nonEmbeddingParameters } from '../parameters/parameter-specs.ts';
import type { FoxConfig } from './config.ts';
import { foxConfigFromJson, foxConfigToJson } from './config-json.ts';
import { foxConfig, officialDefaults } from './make-config.ts';
import { foxPreset, presetNames } from './presets.ts';
import { getIntermediateSize } from './sizes.ts';

const small = { hiddenSize: 64, numHeads: 2 };

describe('config.json', () => {
  test('an empty one has the official defaults, pruning off', () => {
    expect(foxConfigFromJson('{}')).toEqual(officialDefaults);
    expect(officialDefaults.logPruningTolerance).toBeNull();
  });

  test.each(presetNames)('%s survives the way to JSON and back', (name) => {
    const config = foxPreset(name);
    expect(foxConfigFromJson(foxConfigToJson(config))).toEqual(config);
  });

  test('fields that are not official are written only where it differs', () => {
    expect(foxConfigToJson(foxConfig(small))).not.toMatch(/pruning_mode|fgate_decay_times/);
    const certified = foxConfig({
      ...small,
      pruningMode: 'certified',
      numKvHeads: 1,
      windowSize: 8,
      fgateDecayTimes: [2, 64],
    });
    expect(foxConfigToJson(certified)).toContain('"pruning_mode": "certified"');
    expect(foxConfigFromJson(foxConfigToJson(certified))).toEqual(certified);
  });

  test('fields of the library are passed over', () => {
    const text =
      '{"hidden_size":64,"num_heads":2,"transformers_version":"5.17.0","dtype":"float32"}';
    expect(foxConfigFromJson(text).hiddenSize).toBe(64);
  });

  test.each([
    ['{', 'expected JSON'],
    ['[]', 'expected a JSON object'],
    ['null', 'expected a JSON object'],
    [
      '{"model_type":"llama"}',
      'expected model_type "forgetting_transformer-project_fox", got "llama"',
    ],
    ['{"hidden_size":"64"}', 'expected hiddenSize to be a positive integer, got "64"'],
    ['{"hidden_size":null}', 'expected hiddenSize to be a positive integer, got null'],
  ])('%s is an error', (text, message) => {
    const read = () => foxConfigFromJson(text, 'dir/config.json');
    expect(read).toThrow(CheckpointError);
    expect(read).toThrow(`dir/config.json: `);
    expect(read).toThrow(message);
  });
});

describe('foxConfig', () => {
  test('prunes by default, and not where asked not to', () => {
    expect(foxConfig(small).logPruningTolerance).toBe(-10);
    expect(foxConfig({ ...small, logPruningTolerance: null }).logPruningTolerance).toBeNull();
  });

  test.each<[Partial<Record<keyof FoxConfig, unknown>> & Record<string, unknown>, string]>([
    [{ vocabSize: 0 }, 'vocabSize to be a positive integer, got 0'],
    [{ numHiddenLayers: 1_000_000 }, 'a positive integer up to 4096, got 1000000'],
    [{ numHiddenLayers: 1.5 }, 'numHiddenLayers to be a positive integer up to 4096, got 1.5'],
    [{ normEps: Number.NaN }, 'normEps to be a positive number, got NaN'],
    [{ qkNorm: 'yes' }, 'qkNorm to be true or false, got "yes"'],
    [{ logPruningTolerance: 0 }, 'logPruningTolerance to be a negative number, or null, got 0'],
    [
      { fgateType: 'half' },
      'fgateType to be "full" or "bias_only" or "fixed" or "none", got "half"',
    ],
    [{ hidden_size: 64 }, 'unknown field hidden_size. Known fields: vocabSize, hiddenSize, '],
    [{ toString: 1 }, 'unknown field toString'],
    [{ hiddenSize: undefined }, 'hiddenSize to be a positive integer, got nothing'],
    [{ fgateDecayTimes: [2, 4, 8] }, 'to be two positive numbers, or null, got [2,4,8]'],
    [{ numHeads: 3 }, 'hiddenSize / numHeads to be one of 16, 32, 64, 128, got 64 / 3'],
    [{ fgateBiasInit: true }, 'fgateType "bias_only" or "fixed" with fgateBiasInit, got "full"'],
    [{ fgateType: 'fixed' }, 'fgateBiasInit with fgateType "fixed"'],
    [{ fgateType: 'bias_only', fgateBiasInit: true, decayTimeMin: 2 }, 'got 2 and null'],
    [{ decayTimeMin: 2, decayTimeMax: 4 }, 'to be null without fgateBiasInit'],
    [
      { useOutputGate: true, useOutputNorm: true, ogateAct: 'silu' },
      'ogateAct "sigmoid" with useOutputNorm',
    ],
    [{ numHeads: 4, numKvHeads: 3 }, 'numKvHeads to divide numHeads 4, got 3'],
    [{ numKvHeads: 4 }, 'numKvHeads to divide numHeads 2, got 4'],
    [{ windowSize: 0 }, 'windowSize to be a positive integer, or null, got 0'],
    [{ fgateDecayTimes: [2] }, 'fgateDecayTimes to be two positive numbers, or null, got [2]'],
    [{ fgateType: 'none', fgateDecayTimes: [2, 8] }, 'fgateType "full" with fgateDecayTimes'],
    [{ pruningMode: 'exact' }, 'pruningMode to be "paper" or "certified", got "exact"'],
    [{ hiddenAct: 'sigmoid' }, 'not supported: hiddenAct "sigmoid"'],
    [{ attentionBias: true }, 'not supported: attentionBias'],
    [{ elementwiseAffine: false }, 'not supported: norms without weights'],
  ])('%j is an error', (fields, message) => {
    const make = () => foxConfig({ ...small, ...fields } as Partial<FoxConfig>);
    expect(make).toThrow(message);
    expect(make).toThrow(/^config: /);
    try {
      make();
    } catch (error) {
      expect(FoxError.isInstance(error)).toBe(true);
    }
  });
});

describe('sizes', () => {
  test.each([
    // h, ratio, I: from the papers' tables.
    [768, 4, 2048],
    [768, 3.5, 1792],
    [1024, 4, 2816],
    [1024, 3.5, 2560],
    [1536, 4, 4096],
    [1536, 3.5, 3584],
    [64, null, 256],
  ])('MLP of hidden size %i at ratio %s is %i wide', (hiddenSize, hiddenRatio, width) => {
    expect(getIntermediateSize({ ...officialDefaults, hiddenSize, hiddenRatio })).toBe(width);
  });

  test('an explicit width wins', () => {
    expect(getIntermediateSize(foxConfig({ ...small, intermediateSize: 96 }))).toBe(96);
  });

  test.each([
    // Non-embedding parameters of the papers' models, counted from the official code.
    ['llama-125m', 123_661_968],
    ['pro-125m', 123_910_800],
    ['llama-360m', 360_188_288],
    ['pro-360m', 367_339_904],
    ['llama-760m', 757_632_576],
    ['pro-760m', 759_512_640],
  ])('%s has %i parameters', (name, parameters) => {
    expect(nonEmbeddingParameters(foxPreset(name))).toBe(parameters);
  });
});

describe('presets', () => {
  test('FoX prunes, the baseline has nothing to prune', () => {
    expect(foxPreset('pro-tiny').logPruningTolerance).toBe(-10);
    expect(foxPreset('transformer-tiny').logPruningTolerance).toBeNull();
  });

  test('fields can be replaced', () => {
    expect(foxPreset('pro-tiny', { vocabSize: 512 }).vocabSize).toBe(512);
  });

  test('an unknown name lists the known ones', () => {
    expect(() => foxPreset('toString')).toThrow(
      /^preset: expected one of pro-nano, .*, got "toString"/,
    );
  });
});
