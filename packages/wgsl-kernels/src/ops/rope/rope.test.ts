import {
  expectMatch,
  gpuSuite,
  gradcheck,
  maxAbsError,
  randomArray,
  underTwoFills,
} from '@vulpes/tensor-core/testing';
import { describe, expect, test } from 'vitest';
import { runWithGrads } from '../../testing/run-with-grads.ts';
import { type RopeCase, ropeCases } from './rope.cases.ts';
import { rope } from './rope.op.ts';
import { referenceRope } from './rope.reference.ts';

function positionsOf({ dims: { batch, seqLen }, offsets }: RopeCase) {
  if (!offsets) return undefined;
  return Int32Array.from(
    { length: batch * seqLen },
    (_, i) => offsets[Math.floor(i / seqLen)]! + (i % seqLen),
  );
}

describe('rope reference', () => {
  test('the rotation back is the gradient', () => {
    const dims = { batch: 1, seqLen: 3, numHeads: 2, headDim: 4 };
    const dy = randomArray(2, 24);
    const worst = gradcheck({
      inputs: { x: Float64Array.from(randomArray(1, 24)) },
      forward: ({ x }) =>
        referenceRope(dims, x, { base: 10, direction: 1 }).reduce(
          (sum, y, i) => sum + y * dy[i]!,
          0,
        ),
      backward: () => ({ x: referenceRope(dims, dy, { base: 10, direction: -1 }) }),
    });
    expect(worst).toBeLessThan(1e-6);
  });
});

gpuSuite('rope', (device) => {
  test.each(ropeCases)('$id', async (ropeCase) => {
    const { dims, base } = ropeCase;
    const { batch, seqLen, numHeads, headDim } = dims;
    const shape = [batch, seqLen, numHeads, headDim];
    const size = batch * seqLen * numHeads * headDim;
    const [x, dy] = [randomArray(42, size), randomArray(43, size)];
    const positions = positionsOf(ropeCase);
    const actual = await underTwoFills(device(), () => {
      const onDevice = positions && device().tensor(positions, [batch, seqLen]);
      const forward = ({ x }: Record<string, Parameters<typeof rope>[0]>) =>
        rope(x!, { base, positions: onDevice });
      return runWithGrads(device(), { x: { data: x, shape } }, forward, dy);
    });
    const expected = referenceRope(dims, x, { base, positions, direction: 1 });
    expectMatch('y', actual.y!, expected, 2e-7);
    expect(maxAbsError(expected, actual.y!)).toBeLessThan(1e-6);
    expectMatch(
      'dx',
      actual.dx!,
      referenceRope(dims, dy, { base, positions, direction: -1 }),
      2e-7,
    );
  });

  test('positions without a rotation give NaN', async () => {
    const x = device().tensor(new Float32Array(8).fill(1), [1, 4, 1, 2]);
    const positions = device().tensor(Int32Array.of(262143, 262144, -262144, -2147483648), [1, 4]);
    const y = await rope(x, { base: 10000, positions }).data();
    expect([...y].map(Number.isNaN)).toEqual([false, false, true, true, true, true, true, true]);
  });

  test('keeps one table for all calls', async () => {
    const x = device().zeros([1, 2, 1, 10]);
    rope(x, { base: 7 }).dispose();
    const before = device().memory.liveTensors;
    device().scope(() => void rope(x, { base: 7 }));
    expect(device().memory.liveTensors).toBe(before);
  });

  test('rejects an odd head dim and a bad base', () => {
    expect(() =>
      rope(device().zeros([1, 2, 1, 3]), { base: 10 }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: rope: expected x [B, T, H, D] with even D, got [1, 2, 1, 3].]`,
    );
    expect(() =>
      rope(device().zeros([1, 2, 1, 4]), { base: 0 }),
    ).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: rope: expected base > 0, got 0.]`);
  });
});
