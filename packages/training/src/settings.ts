// What a run is asked to do, besides its model and its text.

import { ArgumentError, CheckpointError } from '@vulpes/tensor-core';
import type { Schedule } from './schedule.ts';

export interface TrainSettings {
  /** Updates in the whole run; the learning rate reaches 0 with the last. */
  readonly steps: number;
  /** Tokens of a sequence. */
  readonly contextLength: number;
  /** Sequences of a micro batch. */
  readonly batchSize: number;
  /** Micro batches whose gradients are averaged for one update. */
  readonly accumulate: number;
  /** At the end of the warm-up. */
  readonly learningRate: number;
  readonly warmupSteps: number;
  /** On matrices and the embedding, not on biases and norm weights. */
  readonly weightDecay: number;
  /** Gradients with a larger global norm are scaled down to it; null = never. */
  readonly maxGradNorm: number | null;
  /** Of the first weights and of the order of the data. */
  readonly seed: number;
  /** Updates between two checkpoints; the end of a run always makes one. */
  readonly checkpointEvery: number;
  /** Checkpoints to keep. */
  readonly keepCheckpoints: number;
  /** Updates between two held-out evaluations; start and end always have one. */
  readonly evalEvery: number;
  /** Held-out sequences an evaluation reads, at most. */
  readonly evalSequences: number;
}

/** As the official recipe has them. */
export const ADAMW = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8 } as const;

export const defaultSettings: TrainSettings = {
  steps: 1000,
  contextLength: 256,
  batchSize: 8,
  accumulate: 1,
  learningRate: 2e-3,
  warmupSteps: 50,
  weightDecay: 0.1,
  maxGradNorm: 1,
  seed: 0,
  checkpointEvery: 100,
  keepCheckpoints: 2,
  evalEvery: 100,
  evalSequences: 64,
};

type Check = readonly [expected: string, accepts: (value: number) => boolean];

const count: Check = ['a whole number ≥ 1', (value) => Number.isSafeInteger(value) && value >= 1];
const countOrZero: Check = [
  'a whole number ≥ 0',
  (value) => Number.isSafeInteger(value) && value >= 0,
];
const notNegative: Check = ['a number ≥ 0', (value) => Number.isFinite(value) && value >= 0];
const positive: Check = ['a number > 0', (value) => Number.isFinite(value) && value > 0];

const checks: Readonly<Record<keyof TrainSettings, Check>> = {
  steps: count,
  contextLength: count,
  batchSize: count,
  accumulate: count,
  learningRate: notNegative,
  warmupSteps: countOrZero,
  weightDecay: notNegative,
  maxGradNorm: positive,
  seed: countOrZero,
  checkpointEvery: count,
  keepCheckpoints: count,
  evalEvery: count,
  evalSequences: count,
};

/** @throws ArgumentError naming the first field that makes no sense */
export function validateSettings(settings: TrainSettings): TrainSettings {
  for (const [name, [expected, accepts]] of Object.entries(checks)) {
    const value = settings[name as keyof TrainSettings];
    if (name === 'maxGradNorm' && value === null) continue;
    if (typeof value === 'number' && accepts(value)) continue;
    throw new ArgumentError(`settings: expected ${name} to be ${expected}, got ${value}.`);
  }
  if (settings.warmupSteps >= settings.steps) {
    throw new ArgumentError(
      `settings: expected a warm-up shorter than the run, got ${settings.warmupSteps} of ${settings.steps} steps. Shorten the warm-up or train longer.`,
    );
  }
  return settings;
}

export const tokensPerStep = (settings: TrainSettings): number =>
  settings.contextLength * settings.batchSize * settings.accumulate;

export function scheduleOf(settings: TrainSettings): Schedule {
  const tokens = tokensPerStep(settings);
  return {
    peakLearningRate: settings.learningRate,
    warmupTokens: settings.warmupSteps * tokens,
    totalTokens: settings.steps * tokens,
  };
}

/** Settings that a run cannot change half-way without becoming another run. */
export const FIXED_SETTINGS = [
  'contextLength',
  'batchSize',
  'accumulate',
  'learningRate',
  'warmupSteps',
  'weightDecay',
  'maxGradNorm',
  'seed',
] as const satisfies readonly (keyof TrainSettings)[];

/** @throws CheckpointError naming the setting that differs */
export function assertSameCourse(saved: TrainSettings, wanted: TrainSettings): void {
  for (const name of FIXED_SETTINGS) {
    if (saved[name] === wanted[name]) continue;
    throw new CheckpointError(
      `resume: expected ${name} ${saved[name]} as in the checkpoint, got ${wanted[name]}. Leave it out, or start a new run.`,
    );
  }
}
