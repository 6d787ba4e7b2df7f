import { CounterRng } from '@vulpes/tensor-core';
import {
  expectMatch,
  gpuSuite,
  gradcheck,
  randomArray,
  underTwoFills,
} from '@vulpes/tensor-core/testing';
import { describe, expect, test } from 'vitest';
import { runWithGrads } from '../../testing/run-with-grads.ts';
import { embeddingCases } from './embedding.cases.ts';
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

gpuSuite('embedding', (device) => {
  const run = (dims: EmbeddingDims, ids: Int32Array, weight: Float32Array, dy: Float32Array) =>
    runWithGrads(
      device(),
      { weight: { data: weight, shape: [dims.vocab, dims.columns] } },
      ({ weight }) => embedding(device().tensor(ids, [dims.tokens]), weight!),
      dy,
    );

  test.each(embeddingCases)('$id', async ({ dims }) => {
    const ids = randomIds(42, dims);
    const weight = randomArray(43, dims.vocab * dims.columns);
    const dy = randomArray(44, dims.tokens * dims.columns);
    const actual = await underTwoFills(device(), () => run(dims, ids, weight, dy));
    expectMatch('y', actual.y!, referenceEmbedding(dims, ids, weight), 0);
    expectMatch('dweight', actual.dweight!, referenceEmbeddingBackward(dims, ids, dy), 1e-6);
  });

  test('ids outside the table give NaN rows and no gradient', async () => {
    const dims = { tokens: 6, vocab: 3, columns: 4 };
    const ids = Int32Array.of(2, -1, 3, 0, -2147483648, 2);
    const weight = randomArray(43, 12);
    const dy = randomArray(44, 24);
    const actual = await underTwoFills(device(), () => run(dims, ids, weight, dy));
    expect(actual.y).toEqual(Float32Array.from(referenceEmbedding(dims, ids, weight)));
    expectMatch('dweight', actual.dweight!, referenceEmbeddingBackward(dims, ids, dy), 1e-6);
  });

  test('rejects ids that are not i32', () => {
    const ids = device().zeros([2, 3]);
    const weight = device().zeros([8, 4]);
    expect(() => embedding(ids, weight)).toThrowErrorMatchingInlineSnapshot(
      `[DTypeError: embedding: expected ids i32, got f32[2, 3]. Cast it before the call.]`,
    );
  });
});
