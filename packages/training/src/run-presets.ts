// Named runs: a model, a recipe, and what they are for.

import { byteTokenizer } from '@vulpes/data';
import { type FoxConfig, foxPreset } from '@vulpes/lm-models';
import { defaultSettings, type TrainSettings } from './settings.ts';

export interface RunPreset {
  /** One line of help. */
  readonly summary: string;
  readonly model: FoxConfig;
  readonly settings: TrainSettings;
}

const bytes = { vocabSize: byteTokenizer.vocabSize, bosTokenId: null, eosTokenId: null } as const;

const recipe = (settings: Partial<TrainSettings>): TrainSettings => ({
  ...defaultSettings,
  ...settings,
});

/**
 * Small on purpose: at the 250 GFLOP that a software adapter on two cores does in some minutes, 0.1 M parameters
 * that see 400,000 bytes learn more than 0.7 M that see 60,000 (2.05 against 2.5 nats in a sweep of 490 runs).
 */
const defaultSize = {
  ...bytes,
  hiddenSize: 64,
  numHiddenLayers: 2,
  numHeads: 2,
  intermediateSize: 128,
};
const defaultRecipe = recipe({
  steps: 400,
  contextLength: 256,
  batchSize: 4,
  learningRate: 1e-2,
  warmupSteps: 24,
  checkpointEvery: 50,
  evalEvery: 100,
});

/**
 * Four heads of 16 on four times the default's context. Gates that all start at 1/2 stay short here: attention keeps the diagonal
 * blocks alone. Spread over 2 … 64 tokens they stay spread, and each head keeps a share of its own.
 */
const longModel = foxPreset('pro-nano', { ...defaultSize, numHeads: 4, fgateDecayTimes: [2, 64] });
const longRecipe: TrainSettings = {
  ...defaultRecipe,
  steps: 240,
  contextLength: 1024,
  batchSize: 1,
  warmupSteps: 14,
  checkpointEvery: 40,
  evalEvery: 60,
  evalSequences: 16,
};

export const runPresets: Readonly<Record<string, RunPreset>> = {
  default: {
    summary: 'FoX (Pro) with pruning, 0.12 M parameters: some minutes on two CPU cores',
    model: foxPreset('pro-nano', defaultSize),
    settings: defaultRecipe,
  },
  long: {
    summary:
      'FoX (Pro) as small as the default on context 1024, heads that forget at different rates: ten minutes on two CPU cores',
    model: longModel,
    settings: longRecipe,
  },
  llama: {
    summary: 'FoX (LLaMA), as small as the default: no output gate, no shifts, no QK-norm',
    model: foxPreset('llama-nano', { ...defaultSize, intermediateSize: 160 }),
    settings: defaultRecipe,
  },
  transformer: {
    summary: 'the baseline, as small as the default: rotary positions, no forget gate, no pruning',
    model: foxPreset('transformer-nano', { ...defaultSize, intermediateSize: 160 }),
    settings: defaultRecipe,
  },
  smoke: {
    summary: 'a few steps of a very small FoX (Pro), to check that everything works',
    model: foxPreset('pro-nano', bytes),
    settings: recipe({
      steps: 20,
      contextLength: 64,
      batchSize: 4,
      learningRate: 4e-3,
      warmupSteps: 4,
      checkpointEvery: 10,
      evalEvery: 10,
      evalSequences: 8,
    }),
  },
  small: {
    summary: 'FoX (Pro), 2.8 M parameters, context 512: a laptop GPU',
    model: foxPreset('pro-small', bytes),
    settings: recipe({
      steps: 3000,
      contextLength: 512,
      batchSize: 16,
      learningRate: 3e-3,
      warmupSteps: 100,
      checkpointEvery: 200,
      evalEvery: 200,
      evalSequences: 128,
    }),
  },
  medium: {
    summary: 'FoX (Pro), 19 M parameters, context 1024: a desktop GPU',
    model: foxPreset('pro-small', {
      ...bytes,
      hiddenSize: 512,
      numHiddenLayers: 6,
      numHeads: 8,
      intermediateSize: 1280,
    }),
    settings: recipe({
      steps: 5000,
      contextLength: 1024,
      batchSize: 16,
      learningRate: 2e-3,
      warmupSteps: 200,
      checkpointEvery: 250,
      evalEvery: 250,
      evalSequences: 128,
    }),
  },
  large: {
    summary: "the papers' 125M FoX (Pro) on bytes, context 4096: a server GPU",
    model: foxPreset('pro-125m', bytes),
    settings: recipe({
      steps: 5000,
      contextLength: 4096,
      batchSize: 4,
      accumulate: 4,
      learningRate: 2e-3,
      warmupSteps: 250,
      checkpointEvery: 250,
      evalEvery: 250,
      evalSequences: 64,
    }),
  },
};
