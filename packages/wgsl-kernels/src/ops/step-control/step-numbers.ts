// What the host gives to the step control: the numbers of one update, and the state before the first. Pure.

import { ArgumentError } from '@vulpes/tensor-core';
import { assertNumbers } from '../../lib/check.ts';

/** Elements of what `stepNumbers` returns. */
export const STEP_NUMBERS = 13;

/** Smallest and largest loss scale: below 1 nothing is gained, and 2^24 lifts the smallest f16 number to 1. */
export const [MIN_LOSS_SCALE, MAX_LOSS_SCALE] = [1, 2 ** 24];

/** Updates that may have been skipped before the host hears of the first. */
const UNHEARD = [0, 1, 2, 3] as const;

export interface StepSettings {
  readonly learningRate: number;
  /** Decoupled: parameters shrink by learningRate · weightDecay, whatever the gradient. */
  readonly weightDecay: number;
  readonly beta1: number;
  readonly beta2: number;
  /** Gradients with a larger norm are scaled down to it; null: never. */
  readonly maxGradNorm: number | null;
  /** Updates attempted so far, with this one: 1 for the first. */
  readonly update: number;
  /** How many of those before it were skipped, as far as the host knows. */
  readonly skipped: number;
  /** Updates without a skip after which the loss scale doubles, such as 2,000. Default 0: it never moves, as f32 wants. */
  readonly growthInterval?: number;
}

/**
 * The numbers of one update, in f64, rounded once. With u the updates that were made, this one included, and u ≥ 1:
 * decay, learningRate / (1 − β₁^u) for u, u − 1, u − 2, u − 3 (skips that the host has not heard of), 1 / √(1 − β₂^u) for the
 * same four, maxGradNorm (0: never clip), growthInterval, skipped, learningRate.
 * @returns f32 [13], what `stepControl` reads
 * @throws ArgumentError
 */
export function stepNumbers(settings: StepSettings): Float32Array<ArrayBuffer> {
  assertSettings(settings);
  const { learningRate, weightDecay, beta1, beta2, maxGradNorm, update, skipped } = settings;
  const made = UNHEARD.map((unheard) => Math.max(1, update - skipped - unheard));
  return Float32Array.of(
    1 - learningRate * weightDecay,
    ...made.map((count) => learningRate / (1 - beta1 ** count)),
    ...made.map((count) => 1 / Math.sqrt(1 - beta2 ** count)),
    maxGradNorm ?? 0,
    settings.growthInterval ?? 0,
    skipped,
    learningRate,
  );
}

function assertSettings(settings: StepSettings): void {
  const { learningRate, weightDecay, beta1, beta2, maxGradNorm, update, skipped } = settings;
  const { growthInterval = 0 } = settings;
  const isCount = (value: number) => Number.isInteger(value) && value >= 0;
  assertNumbers('stepNumbers', [
    ['learningRate', learningRate, learningRate >= 0, 'at least 0'],
    ['weightDecay', weightDecay, weightDecay >= 0, 'at least 0'],
    ['beta1', beta1, beta1 >= 0 && beta1 < 1, 'in [0, 1)'],
    ['beta2', beta2, beta2 >= 0 && beta2 < 1, 'in [0, 1)'],
    ['maxGradNorm', maxGradNorm ?? 1, (maxGradNorm ?? 1) > 0, 'above 0, or null to never clip'],
    ['update', update, isCount(update - 1), 'an integer, 1 for the first update'],
    [
      'skipped',
      skipped,
      isCount(skipped) && skipped < update,
      `an integer from 0 to ${update - 1}, the updates before this one`,
    ],
    [
      'growthInterval',
      growthInterval,
      isCount(growthInterval),
      'an integer of updates, 0 for a loss scale that never moves',
    ],
  ]);
}

/**
 * The state before the first update: loss scale, good steps since it moved, skipped updates, 0. It outlives steps and belongs into checkpoints.
 * @param options.lossScale - a power of two from 1 to 2^24; default 1, as f32 wants
 * @returns f32 [4]
 * @throws ArgumentError
 */
export function initialStepState({
  lossScale = 1,
}: {
  lossScale?: number;
} = {}): Float32Array<ArrayBuffer> {
  const isGood = lossScale >= MIN_LOSS_SCALE && lossScale <= MAX_LOSS_SCALE;
  if (isGood && Number.isInteger(Math.log2(lossScale))) return Float32Array.of(lossScale, 0, 0, 0);
  throw new ArgumentError(
    `initialStepState: expected lossScale a power of two from 1 to 2^24, got ${lossScale}. Multiplying by it must not round.`,
  );
}
