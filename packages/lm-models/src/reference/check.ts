// Comparing a device's gradients with the f64 reference, which has none of its own: along one random direction a parameter.

import { CounterRng } from '@vulpes/tensor-core';
import type { FoxConfig } from '../config/config.ts';
import type { HostWeights } from '../parameters/host-weights.ts';
import { hashName } from '../parameters/initial-values.ts';
import type { ParameterSpec } from '../parameters/parameter-spec.ts';
import { type ReferenceBatch, referenceBatch } from './batch.ts';

/** Step of the central difference along a direction of about one per element: errors near 1e-9 from curvature and rounding alike. */
const STEP = 1e-5;

const makeDirection = (name: string, size: number): Float64Array => {
  const rng = new CounterRng(7, hashName(name));
  return Float64Array.from({ length: size }, () => rng.normal());
};

/** Change of the loss per step along each parameter's own random direction, by central differences. */
export function directionalDerivatives(
  config: FoxConfig,
  weights: Readonly<Record<string, Float64Array>>,
  batch: ReferenceBatch,
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(weights).map(([name, values]) => {
      const direction = makeDirection(name, values.length);
      const lossAt = (step: number) => {
        const moved = values.map((value, i) => value + step * (direction[i] as number));
        return referenceBatch(config, { ...weights, [name]: moved }, batch).loss;
      };
      return [name, (lossAt(STEP) - lossAt(-STEP)) / (2 * STEP)];
    }),
  );
}

/** |⟨gradient, direction⟩ − derivative along it| / ‖gradient‖: an error of the gradient anywhere shows up in it. */
export function directionalError(name: string, gradient: Float32Array, derivative: number): number {
  const direction = makeDirection(name, gradient.length);
  const actual = gradient.reduce((sum, g, i) => sum + g * (direction[i] as number), 0);
  return Math.abs(actual - derivative) / Math.hypot(...gradient);
}

/** How rows are cut into documents and padding. */
export type Layout = Pick<ReferenceBatch, 'seqStart' | 'cuSeqlens'>;

/** Random tokens and labels; every seventh label and those of padding do not count. */
export function testBatch(
  { vocabSize }: FoxConfig,
  { seqLen, seed, ...layout }: Layout & { seqLen: number; seed: number },
): ReferenceBatch {
  const { seqStart, cuSeqlens } = layout;
  const rng = new CounterRng(seed, 1);
  const entries = (cuSeqlens?.length ?? 0) / seqStart.length;
  const inputIds = Int32Array.from({ length: seqStart.length * seqLen }, () =>
    rng.below(vocabSize),
  );
  const labels = inputIds.map((_, i) => {
    const b = Math.floor(i / seqLen);
    const end = cuSeqlens?.[(b + 1) * entries - 1] ?? seqLen;
    const isPadding = i % seqLen < (seqStart[b] as number) || i % seqLen >= end;
    return isPadding || i % 7 === 6 ? -100 : rng.below(vocabSize);
  });
  return { inputIds, labels, ...layout };
}

/** f32 host weights of f64 values. */
export const toHostWeights = (
  specs: readonly ParameterSpec[],
  weights: Readonly<Record<string, Float64Array>>,
): HostWeights =>
  Object.fromEntries(
    specs.map(({ name, shape }) => [
      name,
      { shape, data: Float32Array.from(weights[name] as Float64Array) },
    ]),
  );
