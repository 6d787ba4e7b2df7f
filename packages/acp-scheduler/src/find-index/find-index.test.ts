import { type Device, disposeAll, type Tensor } from '@vulpes/tensor-core';
import { gpuSuite, randomArray, underTwoFills } from '@vulpes/tensor-core/testing';
import { cumulativeLogGate } from '@vulpes/wgsl-kernels';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { adaptiveThreshold } from '../thresholds/thresholds.ts';
import { findBlockRanges } from './find-block-ranges.ts';
import { findIndexCases } from './find-index.cases.ts';
import { findIndex } from './find-index.kernel.ts';
import { referenceBlockRanges, type SearchDims } from './find-index.reference.ts';
import {
  cumulativeGates,
  fromTwoPart,
  GATE_KINDS,
  type GateKind,
  toTwoPart,
} from './log-gates.fixture.ts';

const kinds = Object.keys(GATE_KINDS) as GateKind[];
const THRESHOLDS = [-1000, -34, -10, -3, 0];

/** Runs the search on the GPU and reads both indices. */
async function search(
  device: Device,
  parts: Int32Array,
  threshold: { data: readonly number[]; shape: readonly number[] },
  dims: SearchDims,
) {
  const { batch, numHeads, keyLen, queryLen, blocks } = dims;
  const inputs = [
    device.tensor(parts, [batch, numHeads, keyLen, 2]),
    device.tensor(threshold.data, threshold.shape),
  ] as const;
  const { startIndex, endIndex } = findBlockRanges(...inputs, { queryLen, blocks });
  const result = {
    startIndex: (await startIndex.data()) as Int32Array,
    endIndex: (await endIndex.data()) as Int32Array,
  };
  disposeAll([...inputs, startIndex, endIndex]);
  return result;
}

/** δ of each head, all different. */
const perHead = ({ batch, numHeads }: SearchDims, seed: number) =>
  Array.from({ length: batch * numHeads }, (_, head) => THRESHOLDS[(head + seed) % 5] as number);

gpuSuite('findBlockRanges', (device) => {
  test.each(findIndexCases)('equals brute force: $id', async (dims) => {
    const { batch, numHeads, keyLen } = dims;
    for (const [seed, kind] of kinds.entries()) {
      const parts = toTwoPart(cumulativeGates(kind, seed, batch * numHeads, keyLen));
      const threshold = { data: perHead(dims, seed), shape: [batch, numHeads] };
      const actual = await search(device(), parts, threshold, dims);
      expect(actual, kind).toEqual(referenceBlockRanges(fromTwoPart(parts), threshold.data, dims));
    }
  });

  test('equals brute force on random sizes, blocks, gates and thresholds', async () => {
    await fc.assert(
      fc.asyncProperty(randomSearch, async ({ dims, kind, seed, delta }) => {
        const parts = toTwoPart(cumulativeGates(kind, seed, dims.numHeads, dims.keyLen));
        const actual = await search(device(), parts, { data: [delta], shape: [1] }, dims);
        const everyHead = new Array<number>(dims.numHeads).fill(delta);
        expect(actual).toEqual(referenceBlockRanges(fromTwoPart(parts), everyHead, dims));
      }),
      { seed: 42, numRuns: 60 },
    );
  });

  test('writes all it returns and nothing else', async () => {
    const dims = findIndexCases[2] as SearchDims;
    const parts = toTwoPart(cumulativeGates('mixed', 1, 4, 111));
    await underTwoFills(device(), () => search(device(), parts, { data: [-10], shape: [1] }, dims));
  });

  test.each([
    { shape: [2, 3], data: [-1, -3, -5, -7, -9, -11] },
    { shape: [1, 3], data: [-1, -3, -5] },
    { shape: [2, 1], data: [-1, -7] },
    { shape: [3], data: [-1, -3, -5] },
    { shape: [1], data: [-3] },
  ])('broadcasts a threshold $shape', async (threshold) => {
    const dims: SearchDims = { ...SMALL, batch: 2, numHeads: 3 };
    const parts = toTwoPart(cumulativeGates('mixed', 5, 6, dims.keyLen));
    const [rows, columns] =
      threshold.shape.length === 2 ? threshold.shape : [1, threshold.shape[0]];
    const full = Array.from({ length: 6 }, (_, i) => {
      const [b, h] = [rows === 1 ? 0 : Math.floor(i / 3), columns === 1 ? 0 : i % 3];
      return threshold.data[b * (columns as number) + h] as number;
    });
    const actual = await search(device(), parts, threshold, dims);
    expect(actual).toEqual(referenceBlockRanges(fromTwoPart(parts), full, dims));
  });

  test('a threshold from a bound is that of adaptiveThreshold', async () => {
    const [batch, numHeads, keyLen] = [2, 2, 111];
    const parts = toTwoPart(cumulativeGates('mixed', 3, batch * numHeads, keyLen));
    const logLambda = device().tensor(parts, [batch, numHeads, keyLen, 2]);
    const logitUpperBound = device().tensor([0, 3.3, 7, Number.NaN], [batch, numHeads]);
    const bound = { logitUpperBound, seqLen: keyLen, logPruningTolerance: -10 };
    const options = { queryLen: keyLen, blocks: { blockM: 16, blockN: 8 } } as const;
    const ranges = [bound, adaptiveThreshold(bound)].map((threshold) =>
      findBlockRanges(logLambda, threshold, options),
    );
    const indices = ranges.flatMap(({ startIndex, endIndex }) => [startIndex, endIndex]);
    const [start, end, expectedStart, expectedEnd] = await device().read(indices);
    expect([start, end]).toEqual([expectedStart, expectedEnd]);
    expect(() => findBlockRanges(logLambda, { ...bound, seqLen: 0 }, options)).toThrow(
      'findBlockRanges: expected seqLen to be a positive integer, got 0.',
    );
  });

  test('a positive threshold acts as 0, NaN and −Infinity prune nothing', async () => {
    // Gates of exactly 0 between resets: D = 0 is not below 0, but would be below 5.
    const parts = toTwoPart(cumulativeGates('resets', 3, 1, SMALL.keyLen));
    const run = (delta: number) => search(device(), parts, { data: [delta], shape: [1] }, SMALL);
    expect(await run(5)).toEqual(referenceBlockRanges(fromTwoPart(parts), [0], SMALL));
    const dense = referenceBlockRanges(fromTwoPart(parts), [-1e30], SMALL);
    expect(dense.startIndex.every((start) => start === 0)).toBe(true);
    expect(await run(Number.NaN)).toEqual(dense);
    expect(await run(Number.NEGATIVE_INFINITY)).toEqual(dense);
  });

  test('stays in bounds where gates are positive, NaN or random bits', async () => {
    const bits = fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), {
      minLength: SMALL.keyLen * 2,
      maxLength: SMALL.keyLen * 2,
    });
    await fc.assert(
      fc.asyncProperty(bits, fc.constantFrom(-50, -1, 0), async (parts, delta) => {
        const { startIndex, endIndex } = await search(
          device(),
          Int32Array.from(parts),
          { data: [delta], shape: [1] },
          SMALL,
        );
        expectInBounds(startIndex, endIndex, SMALL);
      }),
      { seed: 42, numRuns: 30 },
    );
    const rising = cumulativeGates('mixed', 2, 1, SMALL.keyLen).map((value) => -value);
    const risen = await search(device(), toTwoPart(rising), { data: [-1], shape: [1] }, SMALL);
    expectInBounds(risen.startIndex, risen.endIndex, SMALL);
  });

  test('on the sums of cumulativeLogGate: equals brute force over f64 sums of the gates', async () => {
    const [heads, T] = [3, 700];
    const dims = { ...SMALL, numHeads: heads, queryLen: T, keyLen: T };
    const gates = randomArray(8, T * heads, { mean: 2 }).map(
      (logit) => -Math.log1p(Math.exp(-logit)),
    );
    const sums = new Float64Array(heads * T);
    for (let t = 0; t < T; t++) {
      for (let head = 0; head < heads; head++) {
        const before = t === 0 ? 0 : (sums[head * T + t - 1] as number);
        sums[head * T + t] = before + (gates[t * heads + head] as number);
      }
    }
    const logLambda = cumulativeLogGate(device().tensor(gates, [1, T, heads]));
    const parts = (await logLambda.data()) as Int32Array;
    const threshold = { data: [-34.5, -12.25, -3], shape: [3] };
    expect(await search(device(), parts, threshold, dims)).toEqual(
      referenceBlockRanges(sums, threshold.data, dims),
    );
  });

  test('tells D from a threshold 1e-7 away, where an f32 difference has steps of 4e-6', async () => {
    const threshold = Math.fround(-33.3);
    for (const [distance, start] of [
      [-1e-7, 96],
      [1e-7, 0],
    ] as const) {
      const cliff = Float64Array.from({ length: SMALL.keyLen }, (_, t) =>
        t < 96 ? -1000.01 : -1000.01 + threshold + distance,
      );
      const { startIndex } = await search(
        device(),
        toTwoPart(cliff),
        { data: [threshold], shape: [1] },
        SMALL,
      );
      expect(startIndex.at(-1)).toBe(start);
    }
  });

  test('keeps its precision after a million nats', async () => {
    const far = cumulativeGates('mixed', 7, 1, SMALL.keyLen).map((value) => value - 1e6);
    const actual = await search(device(), toTwoPart(far), { data: [-10], shape: [1] }, SMALL);
    expect(actual).toEqual(referenceBlockRanges(fromTwoPart(toTwoPart(far)), [-10], SMALL));
  });

  test('names what is wrong', () => {
    const logLambda = device().zeros([1, 2, 16, 2], { dtype: 'i32' });
    const threshold = device().zeros([1, 2]);
    const blocks = { blockM: 8, blockN: 8 };
    const call =
      (change: { logLambda?: Tensor; threshold?: Tensor; queryLen?: number; blockM?: number }) =>
      () =>
        findBlockRanges(change.logLambda ?? logLambda, change.threshold ?? threshold, {
          queryLen: change.queryLen ?? 16,
          blocks: { ...blocks, blockM: change.blockM ?? 8 },
        });
    expect(call({ logLambda: device().zeros([1, 2, 16, 2]) })).toThrowErrorMatchingInlineSnapshot(
      `[DTypeError: findBlockRanges: expected logLambda i32, got f32. Take it from cumulativeLogGate.]`,
    );
    expect(call({ logLambda: device().zeros([1, 2, 16]) })).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: findBlockRanges: expected logLambda [B, H, N, 2], got [1, 2, 16].]`,
    );
    expect(call({ threshold: device().zeros([3]) })).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: findBlockRanges: expected threshold broadcastable to [B, H] = [1, 2], got [3]. Give [B, H], [1, H], [B, 1], [H] or [1].]`,
    );
    expect(call({ queryLen: 17 })).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: findBlockRanges: expected queryLen from 1 to N = 16, got 17. Pass the number of rows of q.]`,
    );
    expect(call({ blockM: 24 })).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: findBlockRanges: expected blockM and blockN to be powers of two in 8…128, got 24 and 8.]`,
    );
  });
});

const SMALL: SearchDims = {
  batch: 1,
  numHeads: 1,
  queryLen: 90,
  keyLen: 203,
  blocks: { blockM: 16, blockN: 8 },
};

const blockSize = fc.constantFrom(8, 16, 32, 64, 128);
const randomSearch = fc
  .record({
    queryLen: fc.integer({ min: 1, max: 400 }),
    offset: fc.integer({ min: 0, max: 400 }),
    numHeads: fc.integer({ min: 1, max: 3 }),
    blockM: blockSize,
    blockN: blockSize,
    kind: fc.constantFrom(...kinds),
    seed: fc.nat(1e6),
    delta: fc.oneof(fc.integer({ min: -60, max: 0 }), fc.double({ min: -60, max: 0, noNaN: true })),
  })
  .map(({ queryLen, offset, numHeads, blockM, blockN, kind, seed, delta }) => ({
    dims: { batch: 1, numHeads, queryLen, keyLen: queryLen + offset, blocks: { blockM, blockN } },
    kind,
    seed,
    delta: Math.fround(delta),
  }));

function expectInBounds(startIndex: Int32Array, endIndex: Int32Array, dims: SearchDims): void {
  const { queryLen, keyLen, blocks } = dims;
  for (const [m, start] of startIndex.entries()) {
    const row = keyLen - queryLen + m * blocks.blockM;
    expect(start % blocks.blockN).toBe(0);
    expect(start).toBeGreaterThanOrEqual(0);
    expect(start, 'the diagonal block is kept').toBeLessThanOrEqual(row);
  }
  for (const [n, end] of endIndex.entries()) {
    expect(end).toBeLessThanOrEqual(queryLen);
    // Rows at or before the block's last key hold its diagonal.
    const firstAfter = (n + 1) * blocks.blockN - (keyLen - queryLen);
    expect(end).toBeGreaterThanOrEqual(Math.min(Math.max(firstAfter, 0), queryLen));
  }
}

describe('the boundary itself', () => {
  test('worked by hand: gates of −1 nat, δ = −10, blocks of 8', () => {
    // Corner of (m, n): λ = −(t + 1), D = 8n + 7 − 8m, below −10 where m − n ≥ 3.
    const dims = {
      batch: 1,
      numHeads: 1,
      queryLen: 40,
      keyLen: 40,
      blocks: { blockM: 8, blockN: 8 },
    };
    const logLambda = Float64Array.from({ length: 40 }, (_, t) => -(t + 1));
    const { startIndex, endIndex } = referenceBlockRanges(logLambda, [-10], dims);
    expect([...startIndex]).toEqual([0, 0, 0, 8, 16]);
    expect([...endIndex]).toEqual([24, 32, 40, 40, 40]);
    // The last 16 rows alone: query block 0 stands at position 24.
    const tail = referenceBlockRanges(logLambda, [-10], { ...dims, queryLen: 16 });
    expect([...tail.startIndex]).toEqual([8, 16]);
    expect([...tail.endIndex]).toEqual([0, 8, 16, 16, 16]);
  });

  test('is a staircase, and the two indices are transposes', () => {
    fc.assert(
      fc.property(randomSearch, ({ dims, kind, seed, delta }) => {
        const { queryLen, keyLen, blocks } = dims;
        const one = { ...dims, numHeads: 1 };
        const logLambda = cumulativeGates(kind, seed, 1, keyLen);
        const { startIndex, endIndex } = referenceBlockRanges(logLambda, [delta], one);
        for (let m = 1; m < startIndex.length; m++) {
          expect(startIndex[m]).toBeGreaterThanOrEqual(startIndex[m - 1] as number);
        }
        for (let n = 0; n < endIndex.length; n++) {
          for (let m = 0; m < startIndex.length; m++) {
            const lastRow = keyLen - queryLen + Math.min((m + 1) * blocks.blockM, queryLen) - 1;
            if (n * blocks.blockN > lastRow) continue;
            const keptByStart = n * blocks.blockN >= (startIndex[m] as number);
            expect(m * blocks.blockM < (endIndex[n] as number)).toBe(keptByStart);
          }
        }
      }),
      { seed: 42, numRuns: 100 },
    );
  });

  test('the grid covers every block and stays below the limit of a dimension', () => {
    for (const dims of [...findIndexCases, HUGE]) {
      const { blocks, batch, numHeads, queryLen, keyLen } = dims;
      const threads =
        batch *
        numHeads *
        (Math.ceil(queryLen / blocks.blockM) + Math.ceil(keyLen / blocks.blockN));
      const strides = { thresholdStrideB: numHeads, thresholdStrideH: 1, factor: 1, constant: 0 };
      const [x, y, z] = findIndex.grid({ ...dims, ...strides }, { WG_SIZE: 64 });
      expect(x * y * z * 64).toBeGreaterThanOrEqual(threads);
      expect(Math.max(x, y, z)).toBeLessThanOrEqual(65535);
    }
  });
});

const HUGE: SearchDims = {
  batch: 64,
  numHeads: 64,
  queryLen: 65536,
  keyLen: 65536,
  blocks: { blockM: 8, blockN: 8 },
};
