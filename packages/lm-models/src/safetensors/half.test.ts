// Half-precision conversions, all 65,536 bit patterns and random floats.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bf16ToF32, f16ToF32, f32ToBf16, f32ToF16 } from './half.ts';

test.each([
  ['f16', f16ToF32, f32ToF16],
  ['bf16', bf16ToF32, f32ToBf16],
] as const)('%s: every bit pattern survives the way there and back', (_name, widen, narrow) => {
  const wrong: number[] = [];
  for (let half = 0; half < 0x10000; half++) {
    const value = widen(half);
    const back = narrow(value);
    const isSame = Number.isNaN(value) ? Number.isNaN(widen(back)) : back === half;
    if (!isSame) wrong.push(half);
  }
  expect(wrong).toEqual([]);
});

test.each([
  ['f16', f16ToF32, f32ToF16],
  ['bf16', bf16ToF32, f32ToBf16],
] as const)('%s: rounds to the nearest neighbour, ties to even', (_name, widen, narrow) => {
  fc.assert(
    fc.property(
      fc.float({ noNaN: true, noDefaultInfinity: true, min: -65000, max: 65000 }),
      (value) => {
        const half = narrow(value);
        const error = Math.abs(widen(half) - value);
        for (const neighbour of [half - 1, half + 1]) {
          const other = widen(neighbour & 0xffff);
          if (!Number.isFinite(other) || Math.sign(other) * Math.sign(value) < 0) continue;
          const otherError = Math.abs(other - value);
          expect(error < otherError || (error === otherError && half % 2 === 0)).toBe(true);
        }
      },
    ),
    { numRuns: 2000 },
  );
});

test.each<[number, number]>([
  // IEEE 754 binary16: largest finite, the tie above it, overflow, smallest subnormal and its half.
  [65504, 0x7bff],
  [65519.996, 0x7bff],
  [65520, 0x7c00],
  [-1e30, 0xfc00],
  [2 ** -24, 0x0001],
  [2 ** -25, 0x0000],
  [-0, 0x8000],
])('f16 of %f', (value, half) => {
  expect(f32ToF16(value)).toBe(half);
});
