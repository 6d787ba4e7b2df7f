// Learning rate over the run: linear warm-up from 0, then cosine to 0, both counted in tokens.

import { ArgumentError } from '@vulpes/tensor-core';

/** All lengths in tokens, so that a change of batch size keeps the curve. */
export interface Schedule {
  readonly peakLearningRate: number;
  readonly warmupTokens: number;
  /** The rate is 0 from here on. */
  readonly totalTokens: number;
}

/**
 * Learning rate for the update made after `tokensSeen` tokens; the first update has rate 0 when there is a warm-up.
 * As the official recipe has it: the count is taken before the update's own batch is added.
 * @throws ArgumentError when the schedule makes no sense
 */
export function learningRateAt(schedule: Schedule, tokensSeen: number): number {
  assertSchedule(schedule);
  const { peakLearningRate, warmupTokens, totalTokens } = schedule;
  if (tokensSeen < warmupTokens) return (peakLearningRate * tokensSeen) / warmupTokens;
  const decayTokens = totalTokens - warmupTokens;
  const progress = Math.min(1, (tokensSeen - warmupTokens) / decayTokens);
  return peakLearningRate * 0.5 * (1 + Math.cos(Math.PI * progress));
}

function assertSchedule({ peakLearningRate, warmupTokens, totalTokens }: Schedule): void {
  if (!(peakLearningRate >= 0 && Number.isFinite(peakLearningRate))) {
    throw new ArgumentError(
      `schedule: expected a learning rate ≥ 0, got ${peakLearningRate}. A usual value is 1e-3.`,
    );
  }
  if (!(warmupTokens >= 0 && warmupTokens < totalTokens)) {
    throw new ArgumentError(
      `schedule: expected a warm-up shorter than the run, got ${warmupTokens} of ${totalTokens} tokens. Shorten the warm-up or train longer.`,
    );
  }
}
