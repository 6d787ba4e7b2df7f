// Seeded test inputs.

import { CounterRng } from '../rng.ts';

export interface RandomOptions {
  distribution?: 'normal' | 'uniform';
  /** Standard deviation, or half width of the uniform interval. Default 1. */
  scale?: number;
  /** Default 0. */
  mean?: number;
}

/** f32 values, the same for the same seed everywhere. */
export function randomArray(
  seed: number,
  length: number,
  options: RandomOptions = {},
): Float32Array<ArrayBuffer> {
  const { distribution = 'normal', scale = 1, mean = 0 } = options;
  const rng = new CounterRng(seed);
  const draw = distribution === 'normal' ? () => rng.normal() : () => 2 * rng.uniform() - 1;
  return Float32Array.from({ length }, () => mean + scale * draw());
}
