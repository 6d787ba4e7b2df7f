// The settings of a run, besides its model and its text.

import { checkpointings } from '@vulpes/lm-models';
import { ArgumentError } from '@vulpes/tensor-core';
import * as v from 'valibot';
import { precisions } from './precision.ts';
import { decayShapes, type Schedule } from './schedule.ts';
import {
  count,
  countOrZero,
  findProblem,
  notNegative,
  oneOf,
  positive,
  share,
  shareBelow1,
  shareOrZero,
} from './schema.ts';

/** 'muon': Muon for the matrices between the residual stream and attention or MLP, AdamW for the rest. */
export const optimizers = ['adamw', 'muon'] as const;

/** 'cosine': warm-up, then a cosine to the end. 'wsd': warm-up, the peak for long, a decay at the end. */
export const schedules = ['cosine', 'wsd'] as const;

export const settingsSchema = v.object({
  /** Updates in the whole run; the learning rate ends with the last. */
  steps: count,
  /** Tokens of a sequence. */
  contextLength: count,
  /** Sequences of a micro batch. */
  batchSize: count,
  /** Micro batches whose gradients are averaged for one update. */
  accumulate: count,
  /** At the end of the warm-up. */
  learningRate: notNegative,
  warmupSteps: countOrZero,
  /** Documents that stand in one sequence do not see each other. Runs from before it have false. */
  packDocuments: v.optional(v.boolean('true or false'), false),
  /** How the learning rate goes on after the warm-up. Runs from before this field and the next three have a cosine to 0. */
  schedule: v.optional(oneOf(schedules), 'cosine'),
  /** Of 'wsd': share of the run, its end, over which the rate falls. */
  decayShare: v.optional(share, 0.2),
  /** Of 'wsd': the form of that fall. */
  decayShape: v.optional(oneOf(decayShapes), 'sqrt'),
  /** Of the peak, at the end of the run. */
  finalRateShare: v.optional(shareOrZero, 0),
  /** What makes an update of a gradient. Runs from before this field and the next four have AdamW with the official constants. */
  optimizer: v.optional(oneOf(optimizers), 'adamw'),
  /** Of AdamW: shares of the running means of gradients and of their squares that an update keeps. */
  beta1: v.optional(shareBelow1, 0.9),
  beta2: v.optional(shareBelow1, 0.95),
  /** Of AdamW: added to the root of the mean square. */
  epsilon: v.optional(notNegative, 1e-8),
  /** Of Muon: share of the running mean of gradients that an update keeps. */
  muonMomentum: v.optional(shareBelow1, 0.95),
  /** On matrices and the embedding, not on biases and norm weights. */
  weightDecay: notNegative,
  /** Gradients with a larger global norm are scaled down to it; null = never. */
  maxGradNorm: v.pipe(v.nullable(positive), v.description('a number > 0, or null')),
  /** Of the first weights and of the order of the data. */
  seed: countOrZero,
  /** Updates between two checkpoints; the end of a run always makes one. */
  checkpointEvery: count,
  /** Checkpoints to keep. */
  keepCheckpoints: count,
  /** Updates between two held-out evaluations; start and end always have one. */
  evalEvery: count,
  /** Held-out sequences an evaluation reads, at most. */
  evalSequences: count,
  /** What is computed again in backward to save memory. It changes no bit: a resumed run may change it. Runs from before it have 'none'. */
  checkpointing: v.optional(oneOf(checkpointings), 'none'),
  /** What products and attention compute with. A resumed run may change it. Runs from before it have 'f32'. */
  precision: v.optional(oneOf(precisions), 'f32'),
});

export type TrainSettings = Readonly<v.InferOutput<typeof settingsSchema>>;

/** As the official recipe has them. */
export const ADAMW = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8 } as const;

export type OptimizerSettings = Pick<
  TrainSettings,
  'optimizer' | 'beta1' | 'beta2' | 'epsilon' | 'muonMomentum'
>;

/** AdamW as the official recipe has it; Muon's momentum as its authors have it. */
export const OPTIMIZER: OptimizerSettings = { optimizer: 'adamw', ...ADAMW, muonMomentum: 0.95 };

export const defaultSettings: TrainSettings = {
  steps: 1000,
  contextLength: 256,
  batchSize: 8,
  accumulate: 1,
  learningRate: 2e-3,
  warmupSteps: 50,
  schedule: 'cosine',
  decayShare: 0.2,
  decayShape: 'sqrt',
  finalRateShare: 0,
  ...OPTIMIZER,
  weightDecay: 0.1,
  maxGradNorm: 1,
  packDocuments: false,
  seed: 0,
  checkpointEvery: 100,
  keepCheckpoints: 2,
  evalEvery: 100,
  evalSequences: 64,
  checkpointing: 'none',
  precision: 'f32',
};

/** @throws ArgumentError naming the first field that makes no sense */
export function validateSettings(settings: TrainSettings): TrainSettings {
  const problem = findProblem(settingsSchema, settings);
  if (problem) {
    const { field, expected, got } = problem;
    throw new ArgumentError(
      `settings: expected ${field ?? 'settings'} to be ${expected}, got ${got}.`,
    );
  }
  if (settings.warmupSteps >= settings.steps) {
    throw new ArgumentError(
      `settings: expected a warm-up shorter than the run, got ${settings.warmupSteps} of ${settings.steps} steps. Shorten the warm-up or train longer.`,
    );
  }
  const decaySteps = countDecaySteps(settings);
  if (settings.warmupSteps + decaySteps > settings.steps) {
    throw new ArgumentError(
      `settings: expected warm-up and decay to fit in the run, got ${settings.warmupSteps} + ${decaySteps} of ${settings.steps} steps. Make warmupSteps or decayShare smaller, or train longer.`,
    );
  }
  return settings;
}

/** Updates over which the learning rate falls. */
const countDecaySteps = ({ schedule, steps, warmupSteps, decayShare }: TrainSettings): number =>
  schedule === 'cosine' ? steps - warmupSteps : Math.max(1, Math.round(decayShare * steps));

export const tokensPerStep = (settings: TrainSettings): number =>
  settings.contextLength * settings.batchSize * settings.accumulate;

export function makeSchedule(settings: TrainSettings): Schedule {
  const tokens = tokensPerStep(settings);
  const { learningRate, warmupSteps, steps, schedule, decayShape, finalRateShare } = settings;
  return {
    peakLearningRate: learningRate,
    warmupTokens: warmupSteps * tokens,
    totalTokens: steps * tokens,
    decayTokens: countDecaySteps(settings) * tokens,
    decayShape: schedule === 'cosine' ? 'cosine' : decayShape,
    finalLearningRate: finalRateShare * learningRate,
  };
}

/** Settings that decide the numbers of a run. One that is resumed with others is no longer the run that was never stopped. */
export const HYPERPARAMETERS = [
  'contextLength',
  'packDocuments',
  'batchSize',
  'accumulate',
  'learningRate',
  'warmupSteps',
  'schedule',
  'decayShare',
  'decayShape',
  'finalRateShare',
  'optimizer',
  'beta1',
  'beta2',
  'epsilon',
  'muonMomentum',
  'weightDecay',
  'maxGradNorm',
  'seed',
] as const satisfies readonly (keyof TrainSettings)[];

/** `batchSize 8 → 16`, for each of the settings that differs. */
export const describeChanges = (
  saved: TrainSettings,
  wanted: TrainSettings,
  names: readonly (keyof TrainSettings)[] = HYPERPARAMETERS,
): string[] =>
  names
    .filter((name) => saved[name] !== wanted[name])
    .map((name) => `${name} ${saved[name]} → ${wanted[name]}`);

/**
 * The schedule of a run that goes on with these settings: what is made stays made, and the rate reaches 0 with the last step.
 * @param saved - the run so far: its steps and tokens, and the schedule that it had
 */
export function continueSchedule(
  saved: { step: number; tokens: number; settings: TrainSettings; schedule: Schedule },
  settings: TrainSettings,
): Schedule {
  const { step, tokens, settings: before, schedule } = saved;
  const decisive = [
    ...(['steps', 'warmupSteps', 'learningRate'] as const),
    ...(['schedule', 'decayShare', 'decayShape', 'finalRateShare'] as const),
  ];
  const isSame = decisive.every((name) => before[name] === settings[name]);
  if (isSame && tokensPerStep(before) === tokensPerStep(settings)) return schedule;
  /** Tokens seen before a step, made or to come. */
  const tokensAt = (other: number): number =>
    other >= step
      ? tokens + (other - step) * tokensPerStep(settings)
      : Math.round((tokens * other) / step);
  const totalTokens = tokensAt(settings.steps);
  return {
    ...makeSchedule(settings),
    warmupTokens: tokensAt(settings.warmupSteps),
    totalTokens,
    decayTokens: totalTokens - tokensAt(settings.steps - countDecaySteps(settings)),
  };
}
