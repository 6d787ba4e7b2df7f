// A run small enough for a test: a FoX (Pro) of 60,000 parameters on a few kilobytes of text.

import { byteTokenizer, type Corpus, createCorpus } from '@vulpes/data';
import { createModel, type FoxConfig, foxPreset } from '@vulpes/lm-models';
import type { Device } from '@vulpes/tensor-core';
import type { Files } from '../files.ts';
import { memoryFiles } from '../memory-files.ts';
import { type Metrics, parseMetrics } from '../metrics-log.ts';
import { defaultSettings, type TrainSettings } from '../settings.ts';
import type { TrainingRun } from '../training-run.ts';

export const tinySettings: TrainSettings = {
  ...defaultSettings,
  steps: 10,
  // Few tokens: their matrix products take the kernels that compile fastest.
  contextLength: 14,
  batchSize: 2,
  learningRate: 5e-3,
  warmupSteps: 2,
  seed: 42,
  checkpointEvery: 4,
  evalEvery: 3,
  evalSequences: 3,
};

export const tinyConfig = (fields: Partial<FoxConfig> = {}): FoxConfig =>
  foxPreset('pro-nano', {
    hiddenSize: 64,
    numHiddenLayers: 1,
    numHeads: 2,
    intermediateSize: 64,
    ...fields,
  });

const sentence = 'The quick brown fox jumps over the lazy dog, and the dog sleeps on. ';

export const tinyCorpus = (text = sentence.repeat(40)): Promise<Corpus> =>
  createCorpus([{ name: 'foxes', bytes: byteTokenizer.encode(text) }], { contextLength: 32 });

export async function tinyRun(
  device: Device,
  changes: Partial<TrainingRun> & { config?: Partial<FoxConfig> } = {},
): Promise<TrainingRun> {
  const { config, ...rest } = changes;
  return {
    device,
    model: createModel(tinyConfig(config), device),
    settings: tinySettings,
    corpus: await tinyCorpus(),
    files: memoryFiles(),
    runFolder: 'run',
    resumeFrom: null,
    ...rest,
  };
}

/** All numbers of a run but the times. */
export async function readHistory(files: Files): Promise<object[]> {
  const { metrics } = parseMetrics(await files.read('run/metrics.jsonl'));
  return metrics.map((line: Metrics) => {
    if (line.type === 'evaluation') return line;
    const { step, tokens, loss, gradNorm, learningRate, prunedShare } = line;
    return { step, tokens, loss, gradNorm, learningRate, prunedShare };
  });
}

/** Frees what a run returns or holds. */
export function disposeParams(params: Readonly<Record<string, { dispose(): void }>>): void {
  for (const tensor of Object.values(params)) tensor.dispose();
}
