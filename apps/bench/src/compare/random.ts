// Seeded numbers of a yardstick's inputs.

import { CounterRng } from '@vulpes/tensor-core';

/** Odd, so that repeats fall on other rows each time. */
const PERIOD = 2 ** 20 + 7;

/** f32 ~ N(0, 1), the same for the same seed everywhere; repeats after about a million. */
export function normals(seed: number, length: number): Float32Array {
  const rng = new CounterRng(seed, 77);
  const values = new Float32Array(length);
  for (let i = 0; i < length; i++)
    values[i] = i < PERIOD ? rng.normal() : (values[i - PERIOD] ?? 0);
  return values;
}

/** i32 in [0, below) */
export function tokens(seed: number, length: number, below: number): Int32Array {
  const rng = new CounterRng(seed, 78);
  return Int32Array.from({ length }, () => rng.below(below));
}
