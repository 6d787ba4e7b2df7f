// Seeded inputs, fast enough for tensors of many million elements.

import { CounterRng } from '@vulpes/tensor-core';

/** Odd, so that repeats fall on other rows and heads each time. */
const PERIOD = 2 ** 20 + 7;

/** f32 values ~ N(0, 1), the same for the same seed everywhere; repeats after about a million. */
export function normals(seed: number, length: number): Float32Array {
  const rng = new CounterRng(seed);
  const values = new Float32Array(length);
  const drawn = Math.min(length, PERIOD);
  for (let i = 0; i < drawn; i++) values[i] = rng.normal();
  for (let i = PERIOD; i < length; i += PERIOD) {
    values.set(values.subarray(0, Math.min(PERIOD, length - i)), i);
  }
  return values;
}
