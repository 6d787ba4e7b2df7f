import { disposeAll } from '@vulpes/tensor-core';
import { expectMatch, gpuSuite, randomArray, underTwoFills } from '@vulpes/tensor-core/testing';
import { describe, expect, test } from 'vitest';
import { logitUpperBoundFromNorms, logitUpperBoundFromQkNorm } from './logit-upper-bound.ts';
import { chunkRows } from './thresholds.kernel.ts';
import {
  referenceAdaptiveThreshold,
  referenceLogitBoundFromNorms,
  referenceLogitBoundFromQkNorm,
} from './thresholds.reference.ts';
import { adaptiveThreshold, constantThreshold } from './thresholds.ts';

/** One f32 rounding of each of D products and sums; measured at most 2e-7. */
const BOUND = 1e-6;

const normCase = ([batch, queryLen, keyLen, numHeads, numKvHeads, headDim]: readonly [
  number,
  number,
  number,
  number,
  number,
  number,
]) => ({
  id: `B${batch}-M${queryLen}-N${keyLen}-H${numHeads}-Hkv${numKvHeads}-D${headDim}`,
  batch,
  queryLen,
  keyLen,
  numHeads,
  numKvHeads,
  headDim,
});

const normCases = [
  normCase([1, 1, 1, 1, 1, 16]),
  normCase([2, 63, 111, 3, 3, 32]),
  normCase([2, 20, 63, 6, 2, 16]),
  normCase([1, 8, 9, 2, 1, 128]),
  normCase([1, 2049, 2311, 1, 1, 20]),
];

gpuSuite('logit bounds and thresholds', (device) => {
  test.each(normCases)(
    'from norms: $id',
    async ({ batch, queryLen, keyLen, numHeads, numKvHeads, headDim }) => {
      const heads = { batch, numHeads, numKvHeads, headDim, smScale: 1 / Math.sqrt(headDim) };
      const q = randomArray(1, batch * queryLen * numHeads * headDim, { scale: 3 });
      const k = randomArray(2, batch * keyLen * numKvHeads * headDim);
      const { bound } = await underTwoFills(device(), async () => {
        const inputs = [
          device().tensor(q, [batch, queryLen, numHeads, headDim]),
          device().tensor(k, [batch, keyLen, numKvHeads, headDim]),
        ] as const;
        const result = logitUpperBoundFromNorms(...inputs, heads);
        const data = await result.data();
        disposeAll([...inputs, result]);
        return { bound: data };
      });
      expectMatch('bound', bound, referenceLogitBoundFromNorms(q, k, heads), BOUND);
    },
  );

  test('from norms: every row counts', async () => {
    // Head h has one row that is not zero: t = h, with norm h + 1.
    const [tokens, numHeads, headDim] = [40, 40, 16];
    const x = new Float32Array(tokens * numHeads * headDim);
    for (let t = 0; t < tokens; t++) x[(t * numHeads + t) * headDim + (t % headDim)] = t + 1;
    const tensor = device().tensor(x, [1, tokens, numHeads, headDim]);
    const bound = logitUpperBoundFromNorms(tensor, tensor, { smScale: 1 });
    const squares = Array.from({ length: numHeads }, (_, head) => (head + 1) ** 2);
    expectMatch('bound', await bound.data(), squares, BOUND);
  });

  test('from norms: huge rows do not overflow in the product', async () => {
    const tensor = device().tensor(new Float32Array(16).fill(1e15), [1, 1, 1, 16]);
    const bound = logitUpperBoundFromNorms(tensor, tensor, { smScale: 0.25 });
    expect((await bound.data())[0]).toBeCloseTo(4e30, -26);
  });

  test.each([
    { q: 'per head', k: 'per head' },
    { q: 'shared', k: 'shared' },
    { q: 'per head', k: 'shared' },
    { q: 'shared', k: 'per group' },
  ])('from QK-norm weights: q $q, k $k', async (kind) => {
    const numKvHeads = kind.k === 'per group' ? 2 : 6;
    const heads = { batch: 2, numHeads: 6, numKvHeads, headDim: 16, smScale: 0.25 };
    const lengths: Record<string, number> = { shared: 16, 'per group': 32, 'per head': 96 };
    const weights = (seed: number, how: string) => randomArray(seed, lengths[how]!, { mean: -1 });
    const [q, k] = [weights(3, kind.q), weights(4, kind.k)];
    const { bound } = await underTwoFills(device(), async () => {
      const inputs = [device().tensor(q, [q.length]), device().tensor(k, [k.length])] as const;
      const result = logitUpperBoundFromQkNorm(...inputs, heads);
      const data = await result.data();
      disposeAll([...inputs, result]);
      return { bound: data };
    });
    expectMatch('bound', bound, referenceLogitBoundFromQkNorm(q, k, heads), BOUND);
  });

  test('adaptiveThreshold: reference values at γ = 1, log ε = −10', async () => {
    // D, T, δ: worked out by hand from −2√D − ln T − 10.
    for (const [headDim, seqLen, expected] of [
      [64, 2048, -33.62],
      [64, 16384, -35.7],
      [128, 4096, -40.95],
    ] as const) {
      const ones = device().tensor(new Float32Array(headDim).fill(1), [headDim]);
      const dims = { batch: 1, numHeads: 1, headDim, smScale: 1 / Math.sqrt(headDim) };
      const logitUpperBound = logitUpperBoundFromQkNorm(ones, ones, dims);
      const threshold = adaptiveThreshold({ logitUpperBound, seqLen, logPruningTolerance: -10 });
      const [delta] = await threshold.data();
      expect(delta).toBeCloseTo(expected, 1);
      expect(delta).toBeCloseTo(referenceAdaptiveThreshold(Math.sqrt(headDim), seqLen, -10), 4);
    }
  });

  test('constantThreshold fills every head; −Infinity becomes a finite number', async () => {
    const heads = { batch: 2, numHeads: 2 };
    expect(await constantThreshold(device(), -3.5, heads).data()).toEqual(
      new Float32Array(4).fill(-3.5),
    );
    const none = await constantThreshold(device(), Number.NEGATIVE_INFINITY, heads).data();
    expect(none[3]).toBe(Math.fround(-1e30));
  });

  test('names what is wrong', () => {
    const heads = { batch: 1, numHeads: 2, headDim: 16, smScale: 0.25 };
    const zeros = (...shape: number[]) => device().zeros(shape);
    const bound = zeros(1, 2);
    expect(() => constantThreshold(device(), 0.5, heads)).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: constantThreshold: expected a value of at most 0, got 0.5. It is compared with a sum of log gates.]`,
    );
    expect(() => constantThreshold(device(), Number.NaN, heads)).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: constantThreshold: expected a value of at most 0, got NaN. It is compared with a sum of log gates.]`,
    );
    expect(() =>
      adaptiveThreshold({ logitUpperBound: bound, seqLen: 0, logPruningTolerance: -10 }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: adaptiveThreshold: expected seqLen to be a positive integer, got 0. Pass the number of keys.]`,
    );
    expect(() =>
      adaptiveThreshold({ logitUpperBound: bound, seqLen: 8, logPruningTolerance: 1 }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: adaptiveThreshold: expected logPruningTolerance to be finite and at most 0, got 1. It is log ε, −10 by default.]`,
    );
    expect(() =>
      logitUpperBoundFromQkNorm(zeros(17), zeros(16), heads),
    ).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: logitUpperBoundFromQkNorm: expected qWeight [H * D] = [32] or [D] = [16], got [17].]`,
    );
    expect(() =>
      logitUpperBoundFromQkNorm(zeros(16), zeros(24), heads),
    ).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: logitUpperBoundFromQkNorm: expected kWeight [Hkv * D] or [D] with D=16 and H=2 a multiple of Hkv, got [24].]`,
    );
    expect(() =>
      logitUpperBoundFromNorms(zeros(1, 4, 2, 16), zeros(1, 4, 3, 16), heads),
    ).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: logitUpperBoundFromNorms: expected the 2 query heads to be a multiple of the key heads, got 3.]`,
    );
    expect(() =>
      logitUpperBoundFromNorms(zeros(1, 4, 2, 6), zeros(1, 4, 2, 6), heads),
    ).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: logitUpperBoundFromNorms: expected D to be a multiple of 4, got D=6. Pad the heads.]`,
    );
    expect(() =>
      logitUpperBoundFromNorms(zeros(1, 4, 2, 16), zeros(1, 4, 2, 16), { smScale: Number.NaN }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: logitUpperBoundFromNorms: expected smScale to be finite and not negative, got NaN. Use 1 / sqrt(headDim).]`,
    );
  });
});

describe('chunkRows', () => {
  test.each([1, 7, 8, 9, 2048, 2049, 65536])(
    '%i rows are covered by at most 256 chunks',
    (seqLen) => {
      const { chunks, rowsPerChunk } = chunkRows(seqLen);
      expect(chunks).toBeLessThanOrEqual(256);
      expect(chunks * rowsPerChunk).toBeGreaterThanOrEqual(seqLen);
      expect((chunks - 1) * rowsPerChunk).toBeLessThan(seqLen);
    },
  );
});
