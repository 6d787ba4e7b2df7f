import { CounterRng } from '@vulpes/tensor-core';
import { expect, test } from 'vitest';
import { normals } from './random.ts';

test('the same values for a seed at any length, repeating after a quarter of a million', () => {
  const rng = new CounterRng(3);
  const short = normals(3, 5);
  expect(short).toEqual(Float32Array.from({ length: 5 }, () => rng.normal()));
  const period = 2 ** 18 + 7;
  const long = normals(3, period + 3);
  expect(long.subarray(0, 5)).toEqual(short);
  expect(long.subarray(period)).toEqual(short.subarray(0, 3));
  for (let seed = 10; seed < 20; seed++) expect(normals(seed, period)[0]).toBe(normals(seed, 1)[0]);
});
