// Learning rate over the run, counted in tokens: a linear warm-up from 0, a stretch at the peak, a decay to the end.

import { ArgumentError } from '@vulpes/tensor-core';
import * as v from 'valibot';
import { finite, notNegative, oneOf } from './schema.ts';

/** Part of the peak, above the final rate, that is left after a share p of the decay. */
const decayed = {
  cosine: (p: number) => 0.5 * (1 + Math.cos(Math.PI * p)),
  linear: (p: number) => 1 - p,
  /** "1 − sqrt" of Hägele et al., Scaling Laws and Compute-Optimal Training Beyond Fixed Training Durations, arXiv 2405.18392. */
  sqrt: (p: number) => 1 - Math.sqrt(p),
};

export type DecayShape = keyof typeof decayed;
export const decayShapes = Object.keys(decayed) as readonly DecayShape[];

/**
 * All lengths in tokens, so that a change of batch size keeps the curve.
 * cosine: the decay begins with the end of the warm-up. WSD (warm-up, stable, decay): it begins later.
 */
export const scheduleSchema = v.object({
  peakLearningRate: notNegative,
  warmupTokens: finite,
  /** The rate is final from here on. */
  totalTokens: finite,
  /** Length of the decay, at the end; by default all that follows the warm-up. */
  decayTokens: v.optional(finite),
  /** Default 'cosine'. */
  decayShape: v.optional(oneOf(decayShapes)),
  /** Default 0. */
  finalLearningRate: v.optional(notNegative),
});

export type Schedule = Readonly<v.InferOutput<typeof scheduleSchema>>;

/**
 * Learning rate for the update made after `tokensSeen` tokens; the first update has rate 0 when there is a warm-up.
 * As the official recipe has it: the count is taken before the update's own batch is added.
 * @throws ArgumentError when the schedule makes no sense
 */
export function learningRateAt(schedule: Schedule, tokensSeen: number): number {
  assertSchedule(schedule);
  const { peakLearningRate: peak, warmupTokens, totalTokens } = schedule;
  const { decayShape = 'cosine', finalLearningRate: final = 0 } = schedule;
  const { decayTokens = totalTokens - warmupTokens } = schedule;
  if (tokensSeen < warmupTokens) return (peak * tokensSeen) / warmupTokens;
  const decayStart = totalTokens - decayTokens;
  if (tokensSeen < decayStart) return peak;
  const progress = Math.min(1, (tokensSeen - decayStart) / decayTokens);
  return final + (peak - final) * decayed[decayShape](progress);
}

function assertSchedule(schedule: Schedule): void {
  const { peakLearningRate, warmupTokens, totalTokens } = schedule;
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
  const { decayTokens = totalTokens - warmupTokens, finalLearningRate: final = 0 } = schedule;
  if (!(decayTokens > 0 && warmupTokens + decayTokens <= totalTokens)) {
    throw new ArgumentError(
      `schedule: expected a decay that begins after the warm-up of ${warmupTokens} tokens and ends with the run at ${totalTokens}, got ${decayTokens} tokens of decay. Shorten one of the two or train longer.`,
    );
  }
  if (!(final >= 0 && final <= peakLearningRate)) {
    throw new ArgumentError(
      `schedule: expected a final learning rate from 0 to the peak, ${peakLearningRate}, got ${final}.`,
    );
  }
}
