// First values of a parameter, from a seed. Each name has its own random stream, so one option more or less changes no other.

import { normalValues } from './normal-values.ts';
import type { ParameterSpec } from './parameter-spec.ts';

/** Row-major f32 values; the same seed and name always give the same. */
export function initialValues(spec: ParameterSpec, seed: number): Float32Array {
  const { init, shape } = spec;
  const size = shape.reduce((product, dim) => product * dim, 1);
  switch (init.kind) {
    case 'constant':
      return new Float32Array(size).fill(init.value);
    case 'normal': {
      const values = normalValues(size, { seed, stream: hashName(spec.name), std: init.std });
      if (init.zeroRow !== undefined) zeroRow(values, init.zeroRow, shape.at(-1) ?? 1);
      return values;
    }
    case 'decay-times':
      return decayTimeBiases(size, init.min, init.max);
    default:
      return init satisfies never;
  }
}

function zeroRow(values: Float32Array, row: number, columns: number): void {
  values.fill(0, row * columns, (row + 1) * columns);
}

/**
 * b_h = −log(expm1(1 / T_h)), so that log sigmoid(b_h) = −1 / T_h: a head forgets by 1/e in T_h tokens.
 * T_h is spaced evenly in log from `min` to `max` over the heads.
 */
export function decayTimeBiases(numHeads: number, min: number, max: number): Float32Array {
  return Float32Array.from({ length: numHeads }, (_, head) => {
    const position = numHeads === 1 ? 0 : head / (numHeads - 1);
    const logTime = Math.log(min) + position * (Math.log(max) - Math.log(min));
    return -Math.log(Math.expm1(1 / Math.exp(logTime)));
  });
}

/** FNV-1a hash of a name, 32 bits. */
export function hashName(name: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name))
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}
