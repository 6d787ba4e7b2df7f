// Philox against the known answers of Random123 (kat_vectors, philox4x32 10 rounds), and the stream's laws.

import { expect, test } from 'vitest';
import { CounterRng, philox4x32 } from './rng.ts';

test('known answers', () => {
  expect(philox4x32([0, 0, 0, 0], [0, 0])).toEqual([
    0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8,
  ]);
  const ones = 0xffffffff;
  expect(philox4x32([ones, ones, ones, ones], [ones, ones])).toEqual([
    0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd,
  ]);
  expect(
    philox4x32([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0]),
  ).toEqual([0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1]);
});

test('a restored position continues the stream', () => {
  const rng = new CounterRng(7, 3);
  for (let i = 0; i < 5; i++) rng.normal();
  const position = rng.state();
  const expected = [rng.uniform(), rng.below(10), rng.normal()];
  const other = new CounterRng(7, 3);
  other.restore(position);
  expect([other.uniform(), other.below(10), other.normal()]).toEqual(expected);
});

test('streams and seeds differ; normals have mean 0 and variance 1', () => {
  expect(new CounterRng(1, 0).uint32()).not.toBe(new CounterRng(1, 1).uint32());
  expect(new CounterRng(1).uint32()).not.toBe(new CounterRng(2).uint32());
  const rng = new CounterRng(42);
  const values = Array.from({ length: 20000 }, () => rng.normal());
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  expect(Math.abs(mean)).toBeLessThan(0.03);
  expect(Math.abs(variance - 1)).toBeLessThan(0.04);
});
