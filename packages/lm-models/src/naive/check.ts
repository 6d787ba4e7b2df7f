// Comparing a device's gradients with the naive twin, which has none of its own: along one random direction a parameter.

import { CounterRng } from '@vulpes/tensor-core';
import type { FoxConfig } from '../config.ts';
import type { HostWeights } from '../folder/weights.ts';
import { streamOf } from '../parameters/initial-values.ts';
import type { ParameterSpec } from '../parameters/parameter-spec.ts';
import { type NaiveBatch, naiveBatch } from './batch.ts';

/** Step of the central difference: its error is about the step squared, 1e-8. */
const STEP = 1e-4;

/**
 * For each parameter |⟨gradient, d⟩ − difference quotient along d| / ‖gradient‖, with a random d of the size of one per element.
 * An error of the gradient anywhere shows up in it.
 */
export function directionalErrors(
  config: FoxConfig,
  weights: Readonly<Record<string, Float64Array>>,
  batch: NaiveBatch,
  grads: Readonly<Record<string, Float32Array>>,
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(weights).map(([name, values]) => {
      const rng = new CounterRng(7, streamOf(name));
      const direction = values.map(() => rng.normal());
      const lossAt = (step: number) => {
        const moved = values.map((value, i) => value + step * (direction[i] as number));
        return naiveBatch(config, { ...weights, [name]: moved }, batch).loss;
      };
      const expected = (lossAt(STEP) - lossAt(-STEP)) / (2 * STEP);
      const gradient = grads[name] as Float32Array;
      const actual = gradient.reduce((sum, g, i) => sum + g * (direction[i] as number), 0);
      return [name, Math.abs(actual - expected) / Math.hypot(...gradient)];
    }),
  );
}

/** Random tokens and labels; every seventh label and those of padding do not count. */
export function testBatch(
  { vocabSize }: FoxConfig,
  { seqLen, seqStart, seed }: { seqLen: number; seqStart: readonly number[]; seed: number },
): NaiveBatch {
  const rng = new CounterRng(seed, 1);
  const size = seqStart.length * seqLen;
  const inputIds = Int32Array.from({ length: size }, () => rng.below(vocabSize));
  const labels = inputIds.map((_, i) => {
    const isPadding = i % seqLen < (seqStart[Math.floor(i / seqLen)] as number);
    return isPadding || i % 7 === 6 ? -100 : rng.below(vocabSize);
  });
  return { inputIds, labels, seqStart };
}

/** f32 host weights of f64 values. */
export const hostOf = (
  specs: readonly ParameterSpec[],
  weights: Readonly<Record<string, Float64Array>>,
): HostWeights =>
  Object.fromEntries(
    specs.map(({ name, shape }) => [
      name,
      { shape, data: Float32Array.from(weights[name] as Float64Array) },
    ]),
  );
