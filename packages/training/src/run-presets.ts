// Named runs: a model, a recipe, and what they are for.

import { byteTokenizer } from '@vulpes/data';
import { type FoxConfig, foxPreset } from '@vulpes/lm-models';
import type { DataConfig } from './config/run-config.ts';
import { defaultSettings, type TrainSettings } from './settings.ts';

export interface RunPreset {
  /** One line of help. */
  readonly summary: string;
  readonly model: FoxConfig;
  readonly settings: TrainSettings;
  /** Where it is not the bundled text. */
  readonly data?: Partial<DataConfig>;
}

const bytes = { vocabSize: byteTokenizer.vocabSize, bosTokenId: null, eosTokenId: null } as const;

const recipe = (settings: Partial<TrainSettings>): TrainSettings => ({
  ...defaultSettings,
  ...settings,
});

/**
 * Small on purpose: at the 250 GFLOP that a software adapter on two cores does in some minutes, 0.1 M parameters
 * that see some 400,000 bytes learn more than 0.7 M that see 60,000 (2.05 against 2.5 nats in a sweep of 490 runs).
 */
const defaultSize = {
  ...bytes,
  hiddenSize: 64,
  numHiddenLayers: 2,
  numHeads: 2,
  intermediateSize: 128,
};
const defaultRecipe = recipe({
  steps: 320,
  contextLength: 512,
  batchSize: 2,
  learningRate: 1e-2,
  warmupSteps: 20,
  checkpointEvery: 40,
  evalEvery: 80,
});

/**
 * Gates that all start at 1/2 stay short: no head remembers two tokens in the end. Spread over 4 … 256 tokens they stay spread, from
 * heads that look at the last letter to heads that keep the whole context; over 2 … 64 the longest half-life ends at 13 tokens.
 */
const defaultModel = foxPreset('pro-nano', {
  ...defaultSize,
  numHeads: 4,
  fgateDecayTimes: [4, 256],
});

/**
 * Four heads of 16 on twice the default's context. Gates that all start at 1/2 stay short here: attention keeps the diagonal
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

/** The papers' models. */
const officialModels = {
  pro: 'FoX (Pro)',
  llama: 'FoX (LLaMA)',
  transformer: 'Transformer (LLaMA)',
  'transformer-pro': 'Transformer (Pro)',
} as const;
type OfficialModel = keyof typeof officialModels;

interface OfficialRun {
  readonly size: string;
  /** Billions of tokens, as the papers name them. */
  readonly tokens: string;
  readonly steps: number;
  readonly learningRate: number | Readonly<Record<OfficialModel, number>>;
  readonly checkpointing: TrainSettings['checkpointing'];
}

/** By name behind the model's. Rates: the papers' sweeps over {1, 2, 5} · 10^i. */
const officialRuns: Readonly<Record<string, OfficialRun>> = {
  '125m': { size: '125m', tokens: '2.7', steps: 5120, learningRate: 2e-3, checkpointing: 'none' },
  '360m': { size: '360m', tokens: '7.5', steps: 14336, learningRate: 2e-3, checkpointing: 'none' },
  '760m': { size: '760m', tokens: '16', steps: 30720, learningRate: 1e-3, checkpointing: 'blocks' },
  '760m-48b': {
    size: '760m',
    tokens: '48',
    steps: 92160,
    learningRate: { pro: 2e-3, llama: 1e-3, transformer: 5e-4, 'transformer-pro': 1e-3 },
    checkpointing: 'blocks',
  },
};

/**
 * The recipe of the papers [FoX v2, App. B] and of the official configurations: 32 sequences of 16,384 tokens an update,
 * warm-up over 2^28 tokens, cosine to 0. FoX prunes at log ε = −10, as in the ACP paper.
 */
function officialRun(model: OfficialModel, { learningRate, ...run }: OfficialRun): RunPreset {
  return {
    summary: `the papers' ${officialModels[model]} with ${run.size.toUpperCase()} parameters, ${run.tokens} B tokens, context 16,384`,
    model: foxPreset(`${model}-${run.size}`),
    settings: recipe({
      steps: run.steps,
      contextLength: 16384,
      batchSize: 1,
      accumulate: 32,
      learningRate: typeof learningRate === 'number' ? learningRate : learningRate[model],
      warmupSteps: 512,
      checkpointing: run.checkpointing,
      checkpointEvery: 256,
      evalEvery: 512,
      evalSequences: 64,
    }),
  };
}

const officialPresets = Object.fromEntries(
  (Object.keys(officialModels) as OfficialModel[]).flatMap((model) =>
    Object.entries(officialRuns).map(
      ([name, run]) => [`${model}-${name}`, officialRun(model, run)] as const,
    ),
  ),
);

export const runPresets: Readonly<Record<string, RunPreset>> = {
  default: {
    summary: 'FoX (Pro) with pruning, 0.12 M parameters: some minutes on two CPU cores',
    model: defaultModel,
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
  ...officialPresets,
};
