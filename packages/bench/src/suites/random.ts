// Seeded inputs, fast enough for tensors of many million elements.

import { CounterRng } from '@vulpes/tensor-core';

/** Odd, so that repeats fall on other rows and heads each time. */
const PERIOD = 2 ** 18 + 7;

/** Drawing a block takes a tenth of a second, and every variant of a case wants the same ones. */
const blocks = new Map<number, Float32Array<ArrayBuffer>>();
const KEPT_BLOCKS = 8;

/** `length` f32 values ~ N(0, 1), the same for the same seed everywhere; they repeat after a quarter of a million. The array is the caller's. */
export function normals(seed: number, length: number): Float32Array<ArrayBuffer> {
  const values = new Float32Array(length);
  if (length < PERIOD) return draw(seed, values);
  const block = getBlock(seed);
  for (let i = 0; i < length; i += PERIOD) {
    values.set(block.subarray(0, Math.min(PERIOD, length - i)), i);
  }
  return values;
}

function draw(seed: number, values: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  const rng = new CounterRng(seed);
  for (let i = 0; i < values.length; i++) values[i] = rng.normal();
  return values;
}

/** The first PERIOD values of a seed; the latest few are kept. */
function getBlock(seed: number): Float32Array<ArrayBuffer> {
  const block = blocks.get(seed) ?? draw(seed, new Float32Array(PERIOD));
  blocks.delete(seed);
  blocks.set(seed, block);
  for (const oldest of blocks.keys()) {
    if (blocks.size <= KEPT_BLOCKS) break;
    blocks.delete(oldest);
  }
  return block;
}
