// Many normal numbers at once: four from each Philox block, where `CounterRng.normal` takes four blocks for one.

import { philox4x32 } from '@vulpes/tensor-core';

/** Uniform in (0, 1) from 32 bits. */
const uniform = (word: number): number => (word + 0.5) / 2 ** 32;

/** `size` draws from N(0, std²) of one stream of a seed (Box–Muller; within 6.7 standard deviations). */
export function normalValues(
  size: number,
  { seed, stream, std }: { seed: number; stream: number; std: number },
): Float32Array {
  const values = new Float32Array(size);
  const key = [seed >>> 0, Math.floor(seed / 2 ** 32)] as const;
  for (let block = 0; block * 4 < size; block++) {
    const words = philox4x32([block >>> 0, 0, stream, 0], key);
    for (const half of [0, 2] as const) {
      const radius = std * Math.sqrt(-2 * Math.log(uniform(words[half])));
      const angle = 2 * Math.PI * uniform(words[half + 1] as number);
      values[4 * block + half] = radius * Math.cos(angle);
      values[4 * block + half + 1] = radius * Math.sin(angle);
    }
  }
  return values;
}
