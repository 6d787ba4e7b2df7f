import { expectMatch, gpuSuite, randomArray, underTwoFills } from '@vulpes/tensor-core/testing';
import { describe, expect, test } from 'vitest';
import { logitUpperBoundFromNorms, logitUpperBoundFromQkNorm } from './logit-upper-bound.ts';
import { chunkRows } from './thresholds.kernel.ts';
import {
  naiveAdaptiveThreshold,
  naiveLogitBoundFromNorms,
  naiveLogitBoundFromQkNorm,
} from './thresholds.naive.ts';
import { adaptiveThreshold, constantThreshold } from './thresholds.ts';

/** One f32 rounding of each of D products and sums; measured at most 2e-7. */
const BOUND = 1e-6;

const normCases = [
  { id: 'B1-M1-N1-H1-D16', batch: 1, queryLen: 1, keyLen: 1, numHeads: 1, headDim: 16 },
  { id: 'B2-M63-N111-H3-D32', batch: 2, queryLen: 63, keyLen: 111, numHeads: 3, headDim: 32 },
  { id: 'B1-M8-N9-H2-D128', batch: 1, queryLen: 8, keyLen: 9, numHeads: 2, headDim: 128 },
  { id: 'B1-M2049-N2311-H1-D20', batch: 1, queryLen: 2049, keyLen: 2311, numHeads: 1, headDim: 20 },
];

gpuSuite('logit bounds and thresholds', (device) => {
  test.each(normCases)(
    'from norms: $id',
    async ({ batch, queryLen, keyLen, numHeads, headDim }) => {
      const heads = { batch, numHeads, headDim, smScale: 1 / Math.sqrt(headDim) };
      const q = randomArray(1, batch * queryLen * numHeads * headDim, { scale: 3 });
      const k = randomArray(2, batch * keyLen * numHeads * headDim);
      const { bound } = await underTwoFills(device(), async () => {
        const inputs = [
          device().tensor(q, [batch, queryLen, numHeads, headDim]),
          device().tensor(k, [batch, keyLen, numHeads, headDim]),
        ] as const;
        const result = logitUpperBoundFromNorms(...inputs, heads);
        const data = await result.data();
        for (const tensor of [...inputs, result]) tensor.dispose();
        return { bound: data };
      });
      expectMatch('bound', bound, naiveLogitBoundFromNorms(q, k, heads), BOUND);
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
  ])('from QK-norm weights: q $q, k $k', async (kind) => {
    const heads = { batch: 2, numHeads: 3, headDim: 16, smScale: 0.25 };
    const weights = (seed: number, how: string) =>
      randomArray(seed, how === 'shared' ? 16 : 48, { mean: -1 });
    const [q, k] = [weights(3, kind.q), weights(4, kind.k)];
    const { bound } = await underTwoFills(device(), async () => {
      const inputs = [device().tensor(q, [q.length]), device().tensor(k, [k.length])] as const;
      const result = logitUpperBoundFromQkNorm(...inputs, heads);
      const data = await result.data();
      for (const tensor of [...inputs, result]) tensor.dispose();
      return { bound: data };
    });
    expectMatch('bound', bound, naiveLogitBoundFromQkNorm(q, k, heads), BOUND);
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
      expect(delta).toBeCloseTo(naiveAdaptiveThreshold(Math.sqrt(headDim), seqLen, -10), 4);
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
      logitUpperBoundFromNorms(zeros(1, 4, 2, 16), zeros(1, 4, 3, 16), heads),
    ).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: logitUpperBoundFromNorms: expected k [B, N, H, D] with B=1, H=2, D=16, got [1, 4, 3, 16].]`,
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
