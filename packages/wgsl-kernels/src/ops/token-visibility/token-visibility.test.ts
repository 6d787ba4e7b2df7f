import { createDevice, disposeAll } from '@vulpes/tensor-core';
import { gpuSuite, underTwoFills } from '@vulpes/tensor-core/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tokenVisibilityCases } from './token-visibility.cases.ts';
import { referenceTokenVisibility, type VisibilityLimits } from './token-visibility.reference.ts';
import { packedOffsets, tokenVisibility } from './token-visibility.ts';

/** Sequences of `length` tokens with documents, padding and a window. */
const limitsOf = (batch: number, length: number): fc.Arbitrary<VisibilityLimits> =>
  fc.record({
    seqStart: fc.option(
      fc.array(fc.integer({ min: 0, max: length }), { minLength: batch, maxLength: batch }),
      { nil: undefined },
    ),
    cuSeqlens: fc.option(
      fc
        .array(fc.array(fc.integer({ min: 0, max: length }), { minLength: 4, maxLength: 4 }), {
          minLength: batch,
          maxLength: batch,
        })
        .map((rows) => rows.flatMap((row) => row.sort((a, b) => a - b))),
      { nil: undefined },
    ),
    windowSize: fc.option(fc.integer({ min: 1, max: length + 2 }), { nil: undefined }),
  });

/** Does the query at i see the key at j? Straight from the words, without visibility. */
function sees(limits: VisibilityLimits, batch: number, b: number, i: number, j: number): boolean {
  const { seqStart, cuSeqlens, windowSize = Number.POSITIVE_INFINITY } = limits;
  if (j > i || i - j >= windowSize || j < (seqStart?.[b] ?? 0)) return false;
  if (!cuSeqlens) return true;
  const entries = cuSeqlens.length / batch;
  const offsets = Array.from(cuSeqlens).slice(b * entries, (b + 1) * entries);
  const document = (t: number) => offsets.filter((offset) => offset <= t).length;
  return document(i) === document(j) && document(i) > 0 && document(i) < entries;
}

describe('token-visibility reference', () => {
  test('says what each query sees, and what sees each key', () => {
    const [batch, length] = [2, 9];
    fc.assert(
      fc.property(limitsOf(batch, length), (limits) => {
        const visibility = referenceTokenVisibility({ batch, length }, limits);
        for (let b = 0; b < batch; b++) {
          for (let i = 0; i < length; i++) {
            for (let j = 0; j <= i; j++) {
              const visible = sees(limits, batch, b, i, j);
              expect(j >= visibility[(b * length + i) * 2]!).toBe(visible);
              expect(i < visibility[(b * length + j) * 2 + 1]!).toBe(visible);
            }
          }
        }
      }),
      { seed: 42, numRuns: 200 },
    );
  });

  test('neither column decreases', () => {
    fc.assert(
      fc.property(limitsOf(1, 12), (limits) => {
        const visibility = referenceTokenVisibility({ batch: 1, length: 12 }, limits);
        for (let at = 2; at < visibility.length; at++)
          expect(visibility[at]).toBeGreaterThanOrEqual(visibility[at - 2]!);
      }),
      { seed: 42, numRuns: 200 },
    );
  });
});

gpuSuite('token-visibility under validate', () => {
  test('offsets that fall are named', async () => {
    using device = await createDevice({ debug: 'validate' });
    const see = (offsets: number[]) => {
      const cuSeqlens = device.tensor(Int32Array.from(offsets), [offsets.length], {
        label: 'cuSeqlens',
      });
      tokenVisibility(device, { batch: 1, length: 9, cuSeqlens });
      return device.flush();
    };
    await see([0, 4, 4, 9]);
    await expect(see([0, 6, 3, 9])).rejects.toThrow(
      "tokenVisibility: expected offsets that do not fall, got 1 smaller than the one before in 'cuSeqlens' i32[4], first at [2].",
    );
  });
});

gpuSuite('token-visibility', (device) => {
  const run = async (batch: number, length: number, limits: VisibilityLimits) => {
    const { visibility } = await underTwoFills(device(), async () => {
      const host = (values: ArrayLike<number> | undefined, shape: number[]) =>
        values && device().tensor(Int32Array.from(values), shape);
      const seqStart = host(limits.seqStart, [batch]);
      const cuSeqlens = host(limits.cuSeqlens, [batch, (limits.cuSeqlens?.length ?? 0) / batch]);
      const { windowSize } = limits;
      const visibility = tokenVisibility(device(), {
        batch,
        length,
        seqStart,
        cuSeqlens,
        windowSize,
      });
      const result = { visibility: (await visibility.data()) as Int32Array };
      disposeAll([seqStart, cuSeqlens, visibility]);
      return result;
    });
    return visibility;
  };

  test.each(tokenVisibilityCases)('$id', async ({ dims, limits }) => {
    const actual = await run(dims.batch, dims.length, limits);
    expect(actual).toEqual(referenceTokenVisibility(dims, limits));
  });

  test('agrees with the f64 reference on any limits', async () => {
    await fc.assert(
      fc.asyncProperty(limitsOf(3, 21), async (limits) => {
        expect(await run(3, 21, limits)).toEqual(
          referenceTokenVisibility({ batch: 3, length: 21 }, limits),
        );
      }),
      { seed: 42, numRuns: 40 },
    );
  });

  test('stays within the sequence whatever the offsets hold', async () => {
    const anyInt = fc.oneof(fc.integer(), fc.integer({ min: -3, max: 20 }));
    const row = (size: number) => fc.array(anyInt, { minLength: size, maxLength: size });
    await fc.assert(
      fc.asyncProperty(row(6), row(2), async (cuSeqlens, seqStart) => {
        const visibility = await run(2, 17, { cuSeqlens, seqStart });
        visibility.forEach((value, at) => {
          const t = (at >> 1) % 17;
          const [smallest, largest] = at % 2 === 0 ? [0, t + 1] : [t, 17];
          expect(value).toBeGreaterThanOrEqual(smallest);
          expect(value).toBeLessThanOrEqual(largest);
        });
      }),
      { seed: 42, numRuns: 40 },
    );
  });

  test('packedOffsets adds lengths up', async () => {
    const offsets = packedOffsets(device(), [4, 0, 5]);
    expect([...(await offsets.data())]).toEqual([0, 4, 4, 9]);
    const visibility = tokenVisibility(device(), { batch: 1, length: 10, cuSeqlens: offsets });
    const limits = { cuSeqlens: [0, 4, 4, 9] };
    expect(await visibility.data()).toEqual(
      referenceTokenVisibility({ batch: 1, length: 10 }, limits),
    );
  });

  test('rejects what makes no visibility', () => {
    const ints = (...shape: number[]) => device().zeros(shape, { dtype: 'i32' });
    const make = (options: object) => () =>
      tokenVisibility(device(), { batch: 2, length: 4, ...options });
    expect(make({ seqStart: ints(3) })).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: tokenVisibility: expected seqStart [B] with B=2, got [3].]`,
    );
    expect(make({ cuSeqlens: ints(3) })).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: tokenVisibility: expected cuSeqlens [B, documents + 1] with B=2, got [3].]`,
    );
    expect(make({ batch: 1, cuSeqlens: ints(1) })).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: tokenVisibility: expected cuSeqlens with a document (2 offsets or more), got 1 offset.]`,
    );
    expect(make({ windowSize: 0 })).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: tokenVisibility: expected windowSize a positive number of tokens, got 0.]`,
    );
    expect(() => packedOffsets(device(), [3, -1])).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: packedOffsets: expected the length of each document, whole numbers ≥ 0, got -1.]`,
    );
  });
});
