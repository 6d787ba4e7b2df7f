import { CounterRng, type Device, type DType, type Tensor } from '@vulpes/tensor-core';
import {
  expectMatch,
  gpuSuite,
  gradcheck,
  randomArray,
  underTwoFills,
} from '@vulpes/tensor-core/testing';
import { describe, expect, test } from 'vitest';
import { boundOf, storedAs } from '../../testing/half.ts';
import { runWithGrads } from '../../testing/run-with-grads.ts';
import { cast } from '../cast/index.ts';
import { type EmbeddingCase, embeddingCases } from './embedding.cases.ts';
import type { EmbeddingDims } from './embedding.kernel.ts';
import { embedding } from './embedding.op.ts';
import { referenceEmbedding, referenceEmbeddingBackward } from './embedding.reference.ts';

/** Skewed like text: small ids are frequent. */
function randomIds(seed: number, { tokens, vocab }: EmbeddingDims): Int32Array<ArrayBuffer> {
  const rng = new CounterRng(seed);
  return Int32Array.from({ length: tokens }, () => Math.floor(vocab * rng.uniform() ** 3));
}

describe('embedding reference', () => {
  test('backward agrees with finite differences', () => {
    const dims = { tokens: 6, vocab: 4, columns: 3 };
    const ids = [1, 3, 1, 0, 3, 1];
    const dy = randomArray(2, 18);
    const worst = gradcheck({
      inputs: { weight: Float64Array.from(randomArray(1, 12)) },
      forward: ({ weight }) =>
        referenceEmbedding(dims, ids, weight).reduce((sum, y, i) => sum + y * dy[i]!, 0),
      backward: () => ({ weight: referenceEmbeddingBackward(dims, ids, dy) }),
    });
    expect(worst).toBeLessThan(1e-6);
  });
});

interface Inputs {
  readonly ids: Int32Array;
  readonly weight: Float32Array;
  readonly dy: Float32Array;
}

/** @param toTable makes the table of the parameter */
function run(
  device: Device,
  { tokens, vocab, columns }: EmbeddingDims,
  { ids, weight, dy }: Inputs,
  { dtype, toTable = (weight) => weight }: { dtype?: DType; toTable?: (weight: Tensor) => Tensor },
) {
  return runWithGrads(
    device,
    { weight: { data: weight, shape: [vocab, columns], dtype } },
    ({ weight }) => embedding(device.tensor(ids, [tokens]), toTable(weight!)),
    dy,
  );
}

/** One case against the reference, on poisoned memory; y is f32, and so is the gradient of a parameter. */
async function checkCase(device: Device, { dims }: EmbeddingCase, dtype: DType) {
  const ids = randomIds(42, dims);
  const weight = storedAs(dtype, randomArray(43, dims.vocab * dims.columns));
  const dy = randomArray(44, dims.tokens * dims.columns);
  const actual = await underTwoFills(device, () =>
    run(device, dims, { ids, weight, dy }, { dtype }),
  );
  expectMatch('y', actual.y!, referenceEmbedding(dims, ids, weight), 0);
  expectMatch('dweight', actual.dweight!, referenceEmbeddingBackward(dims, ids, dy), 1e-6);
}

/** Some ids are no words; dweight has the bound of its dtype. */
async function checkOutside(device: Device, options: Parameters<typeof run>[3], bound: number) {
  const dims = { tokens: 6, vocab: 3, columns: 4 };
  const ids = Int32Array.of(2, -1, 3, 0, -2147483648, 2);
  const weight = storedAs('f16', randomArray(43, 12));
  const dy = randomArray(44, 24);
  const actual = await underTwoFills(device, () => run(device, dims, { ids, weight, dy }, options));
  expect(actual.y).toEqual(Float32Array.from(referenceEmbedding(dims, ids, weight)));
  expectMatch('dweight', actual.dweight!, referenceEmbeddingBackward(dims, ids, dy), bound);
}

gpuSuite('embedding', (device) => {
  test.each(embeddingCases)('$id', (row) => checkCase(device(), row, 'f32'));

  test('ids outside the table give NaN rows and no gradient', () =>
    checkOutside(device(), { dtype: 'f32' }, 1e-6));

  test('rejects ids that are not i32', () => {
    const ids = device().zeros([2, 3]);
    const weight = device().zeros([8, 4]);
    expect(() => embedding(ids, weight)).toThrowErrorMatchingInlineSnapshot(
      `[DTypeError: embedding: expected ids i32, got f32[2, 3]. Cast it before the call.]`,
    );
  });
});

gpuSuite(
  'embedding of f16',
  (device) => {
    test.each(embeddingCases)('$id', (row) => checkCase(device(), row, 'f16'));

    test('ids outside the table give NaN rows and no gradient', () =>
      checkOutside(device(), { dtype: 'f16' }, 1e-6));

    test('the gradient of a table that is no parameter is f16, as the table is', () =>
      checkOutside(device(), { toTable: (weight) => cast(weight, 'f16') }, boundOf('f16', 1e-6)));
  },
  ['auto'],
  { requires: { features: ['f16'] } },
);
