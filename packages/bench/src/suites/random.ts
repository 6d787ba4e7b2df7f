// Seeded inputs.

import { CounterRng } from '@vulpes/tensor-core';

/** Standard normal f32 values times `scale`. */
export function normals(seed: number, length: number, scale = 1): Float32Array<ArrayBuffer> {
  const rng = new CounterRng(seed);
  return Float32Array.from({ length }, () => scale * rng.normal());
}
