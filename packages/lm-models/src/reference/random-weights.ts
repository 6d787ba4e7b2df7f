// Weights for tests: far from the first values of training, so that every gate, norm and shift matters.

import { CounterRng } from '@vulpes/tensor-core';
import { hashName } from '../parameters/initial-values.ts';
import type { ParameterSpec } from '../parameters/parameter-spec.ts';

/** Matrices N(0, 0.3²), norm weights in 0.5…1.5, biases in −1…4 (gates from 0.27 to 0.98); all exactly f32. */
export function randomWeights(
  specs: readonly ParameterSpec[],
  seed: number,
): Record<string, Float64Array> {
  return Object.fromEntries(
    specs.map(({ name, shape }) => {
      const rng = new CounterRng(seed, hashName(name));
      const size = shape.reduce((product, dim) => product * dim, 1);
      return [
        name,
        Float64Array.from({ length: size }, () => Math.fround(draw(name, shape.length, rng))),
      ];
    }),
  );
}

function draw(name: string, rank: number, rng: CounterRng): number {
  if (rank === 2) return 0.3 * rng.normal();
  return name.includes('bias') ? 5 * rng.uniform() - 1 : 0.5 + rng.uniform();
}
