import type { Device, DType, Tensor } from '@vulpes/tensor-core';
import {
  expectMatch,
  gpuSuite,
  gradcheck,
  maxAbsError,
  randomArray,
  underTwoFills,
} from '@vulpes/tensor-core/testing';
import { describe, expect, test } from 'vitest';
import { boundOf, storedAs } from '../../testing/half.ts';
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

/** One case against the reference, on poisoned memory. @returns what y differs from */
async function checkCase(device: Device, ropeCase: RopeCase, dtype: DType) {
  const { dims, base } = ropeCase;
  const { batch, seqLen, numHeads, headDim } = dims;
  const shape = [batch, seqLen, numHeads, headDim];
  const size = batch * seqLen * numHeads * headDim;
  const [x, dy] = [42, 43].map((seed) => storedAs(dtype, randomArray(seed, size)));
  const positions = positionsOf(ropeCase);
  const actual = await underTwoFills(device, () => {
    const onDevice = positions && device.tensor(positions, [batch, seqLen]);
    const forward = ({ x }: Record<string, Tensor>) => rope(x!, { base, positions: onDevice });
    return runWithGrads(device, { x: { data: x!, shape, dtype } }, forward, dy!);
  });
  const y = referenceRope(dims, x!, { base, positions, direction: 1 });
  const dx = referenceRope(dims, dy!, { base, positions, direction: -1 });
  expectMatch('y', actual.y!, y, boundOf(dtype, 2e-7));
  expectMatch('dx', actual.dx!, dx, boundOf(dtype, 2e-7));
  return maxAbsError(y, actual.y!);
}

gpuSuite('rope', (device) => {
  test.each(ropeCases)('$id', async (ropeCase) => {
    expect(await checkCase(device(), ropeCase, 'f32')).toBeLessThan(1e-6);
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

gpuSuite(
  'rope of f16',
  (device) => {
    test.each(ropeCases)('$id', async (ropeCase) => {
      // Half a unit in the last place of values below 8.
      expect(await checkCase(device(), ropeCase, 'f16')).toBeLessThan(2e-3);
    });
  },
  ['auto'],
  { requires: { features: ['f16'] } },
);
