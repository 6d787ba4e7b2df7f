import {
  expectMatch,
  gpuSuite,
  gradcheck,
  randomArray,
  underTwoFills,
} from '@vulpes/tensor-core/testing';
import { describe, expect, test } from 'vitest';
import { runWithGrads } from '../../testing/run-with-grads.ts';
import { maskPaddingCases } from './mask-padding.cases.ts';
import { naiveMaskPadding } from './mask-padding.naive.ts';
import { maskPadding } from './mask-padding.op.ts';

describe('mask-padding naive', () => {
  test('is its own gradient', () => {
    const dims = { batch: 2, seqLen: 3, columns: 2 };
    const dy = randomArray(2, 12);
    const worst = gradcheck({
      inputs: { x: Float64Array.from(randomArray(1, 12)) },
      forward: ({ x }) =>
        naiveMaskPadding(dims, x, [1, 2]).reduce((sum, y, i) => sum + y * dy[i]!, 0),
      backward: () => ({ x: naiveMaskPadding(dims, dy, [1, 2]) }),
    });
    expect(worst).toBeLessThan(1e-6);
  });
});

gpuSuite('mask-padding', (device) => {
  test.each(maskPaddingCases)('$id', async ({ shape, seqStart }) => {
    const [batch, seqLen, ...rest] = shape as [number, number, ...number[]];
    const dims = { batch, seqLen, columns: rest.reduce((product, dim) => product * dim, 1) };
    const size = batch * seqLen * dims.columns;
    const x = randomArray(42, size);
    const dy = randomArray(43, size);
    const start = Int32Array.from(seqStart);
    const actual = await underTwoFills(device(), () =>
      runWithGrads(
        device(),
        { x: { data: x, shape } },
        ({ x }) => maskPadding(x!, device().tensor(start, [batch])),
        dy,
      ),
    );
    expectMatch('y', actual.y!, naiveMaskPadding(dims, x, start), 0);
    expectMatch('dx', actual.dx!, naiveMaskPadding(dims, dy, start), 0);
  });

  test('padding may hold NaN', async () => {
    const x = device().tensor(Float32Array.of(Number.NaN, 1, 2), [1, 3]);
    const y = await maskPadding(x, device().tensor(Int32Array.of(1), [1])).data();
    expect([...y]).toEqual([0, 1, 2]);
  });

  test('rejects a start for another batch', () => {
    const seqStart = device().zeros([3], { dtype: 'i32' });
    const x = device().zeros([2, 4, 4]);
    expect(() => maskPadding(x, seqStart)).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: maskPadding: expected seqStart [B] with B=2, got [3].]`,
    );
  });
});
