// Reading reference vectors by name and shape.

import { writeSafetensors } from '@vulpes/lm-models';
import { expect, test } from 'vitest';
import { Vectors } from './vectors.ts';

const vectors = () =>
  new Vectors(
    writeSafetensors(
      {
        q: { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
        half: { shape: [2], data: Float32Array.of(0.5, 1), dtype: 'F16' },
        ids: { shape: [3], data: BigInt64Array.of(1n, -2n, 3n) },
        huge: { shape: [1], data: BigInt64Array.of(2n ** 40n) },
      },
      { sm_scale: '0.25', window: 'wide', empty: '' },
    ),
    'case.safetensors',
  );

test('values, sizes, header', () => {
  const file = vectors();
  expect(file.floats('q', ['B', 'T'])).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6));
  expect(file.floats('half', ['B'])).toEqual(Float32Array.of(0.5, 1));
  expect(file.ints('ids', ['T'])).toEqual(Int32Array.of(1, -2, 3));
  expect([file.size('B'), file.size('T')]).toEqual([2, 3]);
  expect(file.headerNumber('sm_scale')).toBe(0.25);
});

test('errors name what does not fit', () => {
  const file = vectors();
  file.floats('q', ['B', 'T']);
  const messages = [
    () => file.floats('k', ['B', 'T']),
    () => file.floats('half', ['T']),
    () => file.floats('q', ['B', 'T', 'D']),
    () => file.floats('ids', ['T']),
    () => file.ints('half', ['B']),
    () => file.ints('huge', [1]),
    () => file.headerNumber('window'),
    () => file.headerNumber('empty'),
    () => file.headerNumber('block_q'),
  ].map((read) => {
    try {
      read();
      return 'nothing was thrown';
    } catch (error) {
      return (error as Error).message;
    }
  });
  expect(messages).toMatchInlineSnapshot(`
    [
      "case.safetensors: expected a tensor k, which is missing",
      "case.safetensors: expected half [T=3], got [2]",
      "case.safetensors: expected q [B=2, T=3, D], got [2, 3]",
      "case.safetensors: ids: expected F32, F16, BF16 or F64, got I64.",
      "case.safetensors: expected half to hold 32-bit integers, got 0.5",
      "case.safetensors: expected huge to hold 32-bit integers, got 1099511627776",
      "case.safetensors: expected the number window in the header, got wide",
      "case.safetensors: expected the number empty in the header, got ",
      "case.safetensors: expected the number block_q in the header, got nothing",
    ]
  `);
});

test('errors name a missing file and a damaged one', async () => {
  await expect(Vectors.read('/nowhere/golden.safetensors')).rejects.toThrow(
    "can't read golden.safetensors: there is no such file or folder",
  );
  expect(() => new Vectors(new Uint8Array(20), 'cut.safetensors')).toThrow('cut.safetensors');
});
