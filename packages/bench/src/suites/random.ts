// Seeded inputs, fast enough for tensors of many million elements.

import { CounterRng } from '@vulpes/tensor-core';

/** Odd, so that repeats fall on other rows and heads each time. */
const PERIOD = 2 ** 18 + 7;

/** The first PERIOD values of a seed: drawing them takes a tenth of a second, and every variant of a case wants the same ones. */
const blocks = new Map<number, Float32Array<ArrayBuffer>>();

/** `length` f32 values ~ N(0, 1), the same for the same seed everywhere; they repeat after a quarter of a million. The array is the caller's. */
export function normals(seed: number, length: number): Float32Array<ArrayBuffer> {
  if (length < PERIOD) return draw(seed, length);
  const block = blocks.get(seed) ?? draw(seed, PERIOD);
  blocks.set(seed, block);
  const values = new Float32Array(length);
  for (let i = 0; i < length; i += PERIOD) {
    values.set(block.subarray(0, Math.min(PERIOD, length - i)), i);
  }
  return values;
}

function draw(seed: number, length: number): Float32Array<ArrayBuffer> {
  const rng = new CounterRng(seed);
  return new Float32Array(length).map(() => rng.normal());
}
